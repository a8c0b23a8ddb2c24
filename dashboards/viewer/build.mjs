// Bundles the page into dist/ (or, with --test, the unit tests into build/).
// Before, it holds the dashboards against what the page draws: whatever a file
// uses beyond that ends the build (--check FOLDER does only this).
// Nothing but Node and esbuild: no plugin, no network.
import { build } from "esbuild";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = new URL(".", import.meta.url);
const at = (path) => new URL(path, here);

async function tests() {
  const names = (await readdir(at("test"))).filter((n) => n.endsWith(".test.ts"));
  await rm(at("build"), { recursive: true, force: true });
  await build({
    absWorkingDir: decodeURIComponent(here.pathname),
    entryPoints: names.map((n) => `test/${n}`),
    bundle: true,
    platform: "node",
    format: "esm",
    outdir: "build",
    sourcemap: "inline",
  });
}

// budget is what a phone on a bad line has to load, compressed.
const budget = 300 * 1000;

/** The licences of what is in the bundle, each once. */
async function licences(metafile) {
  const names = new Set();
  for (const path of Object.keys(metafile.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
    if (found !== null) names.add(found[1]);
  }
  const by = new Map();
  for (const name of [...names].sort()) {
    const text = (await readFile(at(`node_modules/${name}/LICENSE`), "utf8")).trim();
    by.set(text, [...(by.get(text) ?? []), name]);
  }
  return [...by].map(([text, of]) => `This page contains ${of.join(", ")}.\n\n${text}\n`).join("\n\n");
}

/** Ends with an error that names file, panel and key of what the page does not draw. */
async function check(folder) {
  const { outputFiles } = await build({ absWorkingDir: decodeURIComponent(here.pathname), entryPoints: ["src/supported.ts"], bundle: true, platform: "node", format: "esm", write: false });
  const { unsupported } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString("base64")}`);
  const names = (await readdir(folder)).filter((n) => n.endsWith(".json")).sort();
  if (names.length === 0) throw new Error(`there is no dashboard in ${folder}`);
  const found = [];
  for (const n of names) found.push(...unsupported(JSON.parse(await readFile(join(folder, n), "utf8")), n));
  if (found.length === 0) return;
  console.error(`The page does not draw everything that the dashboards use:\n  ${found.join("\n  ")}\nTeach src/panels and src/supported.ts to draw it, or take it out of dashboards/grafana.`);
  process.exit(1);
}

async function page() {
  for (const name of await readdir(at("dist"))) {
    if (name !== ".gitkeep") await rm(at(`dist/${name}`), { recursive: true });
  }
  const { metafile } = await build({
    absWorkingDir: decodeURIComponent(here.pathname),
    entryPoints: ["src/main.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    splitting: true, // the SQL page and its editor are fetched when they are opened
    target: "es2022",
    outdir: "dist",
    entryNames: "tidemark-[hash]",
    chunkNames: "tidemark-[name]-[hash]",
    legalComments: "none",
    metafile: true,
  });
  const files = Object.keys(metafile.outputs).map((f) => basename(f));
  const [script, entry] = Object.entries(metafile.outputs).find(([, o]) => o.entryPoint === "src/main.ts");
  const style = basename(entry.cssBundle);
  // What a chunk imports of the style is in the page's style already.
  for (const name of await readdir(at("dist"))) {
    if (name.endsWith(".css") && name !== style) await rm(at(`dist/${name}`));
  }
  const html = (await readFile(at("src/index.html"), "utf8"))
    .replace("tidemark.js", basename(script))
    .replace("tidemark.css", style);
  await writeFile(at("dist/index.html"), html);
  await writeFile(at("dist/icon.svg"), await readFile(at("src/icon.svg")));
  await writeFile(at("dist/licences.txt"), await licences(metafile));

  let sum = 0;
  for (const name of await readdir(at("dist"))) {
    if (name !== ".gitkeep") sum += gzipSync(await readFile(at(`dist/${name}`))).length;
  }
  console.log(`dist: ${files.length + 3} files, ${(sum / 1024).toFixed(1)} KiB compressed`);
  if (sum > budget) throw new Error(`the page has ${sum} bytes compressed, more than ${budget}`);
}

const [task, folder = fileURLToPath(at(".."))] = process.argv.slice(2);
if (task === "--test") await tests();
else await check(folder);
if (task === undefined) await page();
