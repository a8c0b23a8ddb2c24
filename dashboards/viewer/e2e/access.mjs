// What can be told of the page's accessibility without a person: names of
// controls, landmarks, contrast of text, labels that lie over each other.

/** Controls without a name, and what else a screen reader would stumble over. */
export const nameless = (page) =>
  page.evaluate(() => {
    const out = [];
    const visible = (el) => el.checkVisibility({ visibilityProperty: true }) && el.getBoundingClientRect().width > 0;
    const nameOf = (el) => {
      const by = el.getAttribute("aria-labelledby");
      if (by !== null) return by.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
      const own = el.getAttribute("aria-label") ?? "";
      if (own !== "") return own;
      const labels = "labels" in el && el.labels !== null ? [...el.labels].map((l) => l.textContent).join(" ") : "";
      return labels.trim() || el.textContent.trim() || el.getAttribute("title") || el.getAttribute("alt") || "";
    };
    const controls = "button, a[href], input, select, textarea, summary, dialog, [role=listbox], [role=menu], [role=region], article";
    for (const el of document.querySelectorAll(controls)) {
      if (visible(el) && nameOf(el).trim() === "") out.push(`no name: ${el.outerHTML.slice(0, 120)}`);
    }
    for (const el of document.querySelectorAll("img:not([alt]), canvas:not([aria-label]):not([aria-hidden])")) {
      if (visible(el) && el.closest("[aria-label], [aria-hidden], [role=img]") === null) out.push(`no text instead: ${el.outerHTML.slice(0, 120)}`);
    }
    for (const el of document.querySelectorAll("[aria-labelledby], [aria-controls], label[for]")) {
      const ids = el.getAttribute("for") ?? el.getAttribute("aria-labelledby") ?? el.getAttribute("aria-controls");
      for (const id of ids.split(/\s+/)) if (document.getElementById(id) === null) out.push(`points to nothing (${id}): ${el.outerHTML.slice(0, 120)}`);
    }
    const ids = [...document.querySelectorAll("[id]")].map((el) => el.id);
    for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) out.push(`id twice: ${id}`);
    if (document.querySelectorAll("h1").length !== 1) out.push(`${document.querySelectorAll("h1").length} headings of the first level`);
    for (const landmark of ["header", "main", "footer"]) if (document.querySelector(`body > ${landmark}`) === null) out.push(`no ${landmark}`);
    if (document.documentElement.lang === "") out.push("no language");
    return out;
  });

/** Text whose contrast with what is behind it is below 4.5 (3 where it is large). */
export const faint = (page) =>
  page.evaluate(() => {
    const out = new Set();
    const probe = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgba = (css) => {
      probe.clearRect(0, 0, 1, 1);
      probe.fillStyle = css;
      probe.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = probe.getImageData(0, 0, 1, 1).data;
      return [r, g, b, a / 255];
    };
    const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
    const light = (c) => {
      const [r, g, b] = c.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (el) => {
      const layers = [];
      for (let e = el; e !== null; e = e.parentElement) {
        const style = getComputedStyle(e);
        if (style.backgroundImage !== "none") return null;
        layers.push(rgba(style.backgroundColor));
        if (layers.at(-1)[3] === 1) break;
      }
      return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
    };
    for (const el of document.querySelectorAll("body *")) {
      const text = [...el.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
      if (text === "" || !el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || el.closest("[aria-hidden], .sr, canvas, .uplot, option, .said, .skip") !== null) continue;
      const style = getComputedStyle(el);
      const back = behind(el);
      if (back === null) continue;
      const [a, b] = [light(over(rgba(style.color), back)), light(back)];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const px = parseFloat(style.fontSize);
      const large = px >= 24 || (px >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio < (large ? 3 : 4.5) - 0.05) out.add(`${ratio.toFixed(2)}: “${text.slice(0, 40)}” (${el.tagName.toLowerCase()}.${el.className})`);
    }
    return [...out];
  });

/** Words in the panels that lie over each other or stick out of their panel. */
export const overlapping = (page) =>
  page.evaluate(() => {
    const out = [];
    const lines = (n) => {
      const r = document.createRange();
      r.selectNodeContents(n);
      return [...r.getClientRects()];
    };
    const clipped = (el, b) => {
      for (let e = el; e !== null && !e.matches(".panel"); e = e.parentElement) {
        if (getComputedStyle(e).overflow === "visible") continue;
        const c = e.getBoundingClientRect();
        if (b.bottom <= c.top || b.top >= c.bottom || b.right <= c.left || b.left >= c.right) return null;
        b = new DOMRect(Math.max(b.left, c.left), Math.max(b.top, c.top), Math.min(b.right, c.right) - Math.max(b.left, c.left), Math.min(b.bottom, c.bottom) - Math.max(b.top, c.top));
      }
      return b;
    };
    for (const panel of document.querySelectorAll(".panel")) {
      const frame = panel.getBoundingClientRect();
      const name = panel.querySelector(".panel-title")?.textContent ?? "";
      const words = [];
      const walk = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
      for (let n = walk.nextNode(); n !== null; n = walk.nextNode()) {
        const el = n.parentElement;
        if (n.data.trim() === "" || !el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || el.closest(".sr, [popover], thead, [aria-hidden=true] canvas") !== null) continue;
        for (const line of lines(n)) {
          const b = clipped(el, line);
          if (b !== null && b.width > 1 && b.height > 1) words.push({ node: n, text: n.data.trim().slice(0, 30), b });
        }
      }
      for (const w of words) {
        if (w.b.left < frame.left - 1 || w.b.right > frame.right + 1 || w.b.bottom > frame.bottom + 1) out.push(`${name}: “${w.text}” sticks out`);
      }
      for (let i = 0; i < words.length; i++) {
        for (let k = i + 1; k < words.length; k++) {
          if (words[i].node === words[k].node) continue;
          const [a, b] = [words[i].b, words[k].b];
          const [x, y] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
          if (x > 3 && y > 4) out.push(`${name}: “${words[i].text}” and “${words[k].text}” lie over each other`);
        }
      }
    }
    return out;
  });
