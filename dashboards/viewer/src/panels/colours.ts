// Colours: Grafana's names, series without a colour of their own, and scales.

import { contrast, luminance, parse, readable } from "../colour";
import type { Thresholds } from "../model";
import { stepOf } from "./mappings";

export type Mode = "light" | "dark";

const shades = ["super-light-", "light-", "", "semi-dark-", "dark-"] as const;

/** Grafana's hues, lightest first: [dark page, light page]. */
const hues: Readonly<Record<string, readonly [string, string]>> = {
  red: ["#ffa6b0 #ff7383 #f2495c #e02f44 #c4162a", "#ff7383 #f2495c #e02f44 #c4162a #ad0317"],
  orange: ["#ffcb7d #ffb357 #ff9830 #ff780a #fa6400", "#ffb357 #ff9830 #ff780a #fa6400 #e55400"],
  yellow: ["#fff899 #ffee52 #fade2a #f2cc0c #e0b400", "#ffee52 #fade2a #f2cc0c #e0b400 #cc9d00"],
  green: ["#c8f2c2 #96d98d #73bf69 #56a64b #37872d", "#96d98d #73bf69 #56a64b #37872d #19730e"],
  blue: ["#c0d8ff #8ab8ff #5794f2 #3274d9 #1f60c4", "#8ab8ff #5794f2 #3274d9 #1f60c4 #1250b0"],
  purple: ["#deb6f2 #ca95e5 #b877d9 #a352cc #8f3bb8", "#ca95e5 #b877d9 #a352cc #8f3bb8 #7c2ea3"],
};

const plain: Readonly<Record<string, readonly [string, string]>> = {
  text: ["#d0d2d6", "#24292e"],
  white: ["#ffffff", "#ffffff"],
  black: ["#000000", "#000000"],
  gray: ["#8e8e8e", "#8e8e8e"],
  grey: ["#8e8e8e", "#8e8e8e"],
};

/** A colour of the file as #rrggbb; "transparent" stays. */
export function named(colour: string, mode: Mode): string {
  const i = mode === "dark" ? 0 : 1;
  if (colour.startsWith("#")) return long(colour);
  const rgb = /^rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)/.exec(colour);
  if (rgb !== null) return hex(rgb.slice(1, 4).map(Number));
  if (colour === "transparent") return colour;
  const simple = plain[colour];
  if (simple !== undefined) return simple[i];
  for (const [hue, tones] of Object.entries(hues)) {
    if (!colour.endsWith(hue)) continue;
    const shade = (shades as readonly string[]).indexOf(colour.slice(0, -hue.length));
    if (shade >= 0) return tones[i].split(" ")[shade] ?? "#8e8e8e";
  }
  return "#8e8e8e";
}

/** Whether the viewer knows a colour's name. */
export const knownColour = (colour: string): boolean => /^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(colour) || /^rgba?\(/.test(colour) || colour === "transparent" || colour in plain || (named(colour, "dark") !== "#8e8e8e");

function long(c: string): string {
  if (c.length === 4 || c.length === 5) return `#${[...c.slice(1, 4)].map((x) => x + x).join("")}`;
  return c.slice(0, 7).toLowerCase();
}

export const hex = (rgb: readonly number[]): string => `#${rgb.map((v) => Math.round(Math.min(255, Math.max(0, v))).toString(16).padStart(2, "0")).join("")}`;

/** The background of a panel (--card of the page), as the colours have to stand out from it. */
export const paper = (mode: Mode): string => (mode === "dark" ? "#1e2327" : "#f4f2ec");

/**
 * Series without a colour of their own: eight that people with the usual forms
 * of colour blindness can tell apart (after Okabe and Ito), then darker or
 * lighter ones of the same order.
 */
const palette: readonly string[] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8c6bb1", "#a6951f"];

export const paletteSize = palette.length;

export function series(i: number, mode: Mode): string {
  const base = palette[i % palette.length] ?? "#0072b2";
  const round = Math.floor(i / palette.length);
  const moved = round === 0 ? base : mix(base, mode === "dark" ? "#ffffff" : "#000000", Math.min(0.6, 0.3 * round));
  return readable(moved, paper(mode), 3);
}

export function mix(a: string, b: string, share: number): string {
  const [x, y] = [parse(a), parse(b)];
  return hex(x.map((v, i) => v + ((y[i] ?? 0) - v) * share));
}

/** Black or white, whichever can be read on the colour. */
export const on = (background: string): string => (contrast(parse(background), [255, 255, 255]) >= contrast(parse(background), [20, 20, 20]) ? "#ffffff" : "#141414");

/** The colour with an opacity, as #rrggbbaa. */
export const faint = (colour: string, share: number): string => (colour.startsWith("#") ? `${colour.slice(0, 7)}${Math.round(share * 255).toString(16).padStart(2, "0")}` : colour);

/** Grafana's continuous scales, low to high. */
const continuous: Readonly<Record<string, readonly string[]>> = {
  "continuous-GrYlRd": ["green", "yellow", "red"],
  "continuous-RdYlGr": ["red", "yellow", "green"],
  "continuous-BlYlRd": ["dark-blue", "super-light-yellow", "dark-red"],
  "continuous-YlRd": ["super-light-yellow", "dark-red"],
  "continuous-BlPu": ["blue", "purple"],
  "continuous-YlBl": ["super-light-yellow", "dark-blue"],
  "continuous-blues": ["panel", "dark-blue"],
  "continuous-reds": ["panel", "dark-red"],
  "continuous-greens": ["panel", "dark-green"],
  "continuous-purples": ["panel", "dark-purple"],
};

/** Colour schemes of heat maps, from none to most on a light page. */
const schemes: Readonly<Record<string, readonly string[]>> = {
  Blues: ["#f7fbff", "#c6dbef", "#6baed6", "#2171b5", "#08306b"],
  Greens: ["#f7fcf5", "#c7e9c0", "#74c476", "#238b45", "#00441b"],
  Greys: ["#ffffff", "#d9d9d9", "#969696", "#525252", "#000000"],
  Oranges: ["#fff5eb", "#fdd0a2", "#fd8d3c", "#d94801", "#7f2704"],
  Purples: ["#fcfbfd", "#dadaeb", "#9e9ac8", "#6a51a3", "#3f007d"],
  Reds: ["#fff5f0", "#fcbba1", "#fb6a4a", "#cb181d", "#67000d"],
  Turbo: ["#23171b", "#4a58dd", "#2f9df5", "#27d7c4", "#4df884", "#95fb51", "#dedd32", "#ffa423", "#f65f18", "#ba2208", "#900c00"],
  Viridis: ["#440154", "#3b528b", "#21918c", "#5ec962", "#fde725"],
  Cividis: ["#00224e", "#434e6c", "#7d7c78", "#bcaf6f", "#fee838"],
  Magma: ["#000004", "#51127c", "#b73779", "#fc8961", "#fcfdbf"],
  Inferno: ["#000004", "#57106e", "#bc3754", "#f98e09", "#fcffa4"],
  Plasma: ["#0d0887", "#7e03a8", "#cc4778", "#f89540", "#f0f921"],
  YlOrRd: ["#ffffcc", "#fed976", "#fd8d3c", "#e31a1c", "#800026"],
  YlOrBr: ["#ffffe5", "#fee391", "#fe9929", "#cc4c02", "#662506"],
  YlGnBu: ["#ffffd9", "#c7e9b4", "#41b6c4", "#225ea8", "#081d58"],
  BuPu: ["#f7fcfd", "#bfd3e6", "#8c96c6", "#88419d", "#4d004b"],
  PuBu: ["#fff7fb", "#d0d1e6", "#74a9cf", "#0570b0", "#023858"],
  Spectral: ["#9e0142", "#f46d43", "#fee08b", "#ffffbf", "#e6f598", "#66c2a5", "#5e4fa2"],
  RdBu: ["#67001f", "#d6604d", "#f7f7f7", "#4393c3", "#053061"],
  RdYlBu: ["#a50026", "#f46d43", "#ffffbf", "#74add1", "#313695"],
  PiYG: ["#8e0152", "#de77ae", "#f7f7f7", "#7fbc41", "#276419"],
};

/** Schemes that grow darker with the value: on a dark page they are turned round, as Grafana does. */
const upside = new Set(["Blues", "Greens", "Greys", "Oranges", "Purples", "Reds", "YlOrRd", "YlOrBr", "YlGnBu", "BuPu", "PuBu"]);

export const knownScheme = (name: string): boolean => name in schemes;
export const knownContinuous = (mode: string): boolean => mode in continuous;

/** The colour at a share of 0 to 1 along stops. */
export function along(stops: readonly string[], share: number): string {
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const i = Math.min(stops.length - 2, Math.floor(at));
  return stops.length === 1 ? (stops[0] ?? "#8e8e8e") : mix(stops[i] ?? "#8e8e8e", stops[i + 1] ?? "#8e8e8e", at - i);
}

/** A heat map's colours in `steps` steps, none to most. */
export function scheme(name: string, steps: number, reverse: boolean, mode: Mode): string[] {
  const stops = schemes[name] ?? schemes["Oranges"] ?? [];
  const turned = (upside.has(name) && mode === "dark") !== reverse ? stops.toReversed() : stops;
  const n = Math.max(2, steps);
  return Array.from({ length: n }, (_v, i) => along(turned, i / (n - 1)));
}

/** The colour of a value by the field's colour mode, without series colours. */
export function scaled(mode: string, share: number, theme: Mode): string {
  const stops = (continuous[mode] ?? continuous["continuous-GrYlRd"] ?? []).map((c) => (c === "panel" ? paper(theme) : named(c, theme)));
  return along(stops, share);
}

export function byThreshold(t: Thresholds | undefined, value: number, share: number, mode: Mode): string {
  const steps = t?.steps ?? [{ value: null, color: "green" }];
  const s = stepOf(steps, t?.mode === "percentage" ? share * 100 : value);
  return named(s?.color ?? "green", mode);
}

/** A colour of the file as a line or as words on the page: moved until it can be seen. */
export function visible(colour: string, mode: Mode, wanted = 3): string {
  return colour.startsWith("#") ? readable(colour, paper(mode), wanted) : colour;
}

export const isDark = (colour: string): boolean => luminance(parse(colour)) < 0.2;
