// On a phone a page is as long as it has to be: a panel says how high it wants
// to be (--wants), or at most can use (--most), and the page's style sheet may follow.

export const isNarrow = (width: number): boolean => width < 520;

/** Says that the panel needs so many pixels; on wide pages the file's own height stands. */
export function wish(el: HTMLElement, px: number): void {
  if (isNarrow(el.clientWidth) && px > 0) el.style.setProperty("--wants", `${Math.min(900, Math.round(px))}px`);
  else el.style.removeProperty("--wants");
}

/**
 * Says that the panel cannot use more than so many pixels: on a phone, and on a
 * wide page where nothing stands beside it (--whole).
 */
export function cap(el: HTMLElement, px: number): void {
  if (px > 0) el.style.setProperty("--whole", `${Math.ceil(px)}px`);
  if (isNarrow(el.clientWidth) && px > 0) el.style.setProperty("--most", `${Math.ceil(px)}px`);
  else el.style.removeProperty("--most");
}
