// Finds room for labels so that none covers another.

/** A label that is to stand beside a vertical line. */
export interface Label {
  /** Where the line is. */
  x: number;
  /** Width of the badge on the line, and of the words beside it. */
  badge: number;
  words: number;
}

export interface Place {
  row: number;
  /** Words right of the line, left of it, or none. */
  side: "right" | "left" | "none";
}

/**
 * Finds a row and a side for the words of each label so that no words cover
 * others and no line runs through words. Rows count from the top, and a line
 * runs from its label's row downwards. As many words as possible are kept; the
 * search is cut off after a fixed number of steps. Null: not even the badges fit.
 */
export function place(labels: readonly Label[], rows: number, lo: number, hi: number): Place[] | null {
  for (let without = 0; without <= labels.length; without++) {
    const found = search(labels, rows, [lo, hi], without);
    if (found !== null) return found;
  }
  return null;
}

function search(labels: readonly Label[], rows: number, ends: [number, number], without: number): Place[] | null {
  const chosen: Place[] = [];
  let steps = 0;
  const next = (i: number, left: number): boolean => {
    if (i === labels.length) return true;
    if (++steps > 4000) return false;
    const one = labels[i];
    if (one === undefined) return true;
    for (const side of ["right", "left", "none"] as const) {
      if (side === "none" && left === 0) continue;
      for (let row = 0; row < rows; row++) {
        const p: Place = { row, side };
        if (!inside(one, p, ends) || chosen.some((c, k) => clash(labels[k] ?? one, c, one, p))) continue;
        chosen.push(p);
        if (next(i + 1, side === "none" ? left - 1 : left)) return true;
        chosen.pop();
      }
    }
    return false;
  };
  return next(0, without) ? chosen : null;
}

const air = 5;

function box(l: Label, p: Place): [number, number] {
  const half = l.badge / 2;
  if (p.side === "right") return [l.x - half, l.x + half + l.words];
  if (p.side === "left") return [l.x - half - l.words, l.x + half];
  return [l.x - half, l.x + half];
}

const inside = (l: Label, p: Place, [lo, hi]: [number, number]): boolean => p.side === "none" || (box(l, p)[0] >= lo && box(l, p)[1] <= hi);

function clash(a: Label, pa: Place, b: Label, pb: Place): boolean {
  const [ba, bb] = [box(a, pa), box(b, pb)];
  if (pa.row === pb.row) return pa.side === "none" && pb.side === "none" ? false : ba[0] < bb[1] + air && bb[0] < ba[1] + air;
  const [upper, lower] = pa.row < pb.row ? [a, bb] : [b, ba];
  return upper.x > lower[0] - 2 && upper.x < lower[1] + 2;
}
