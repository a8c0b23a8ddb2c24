// What a plot shows. The page makes a spec out of answers, the plot draws it.

import type { CaseEvent, Reported } from "./api";
import type { Zone } from "./format";

export interface Line {
  key: string;
  label: string;
  colour: string;
  /** Nobody measured it. */
  dashed: boolean;
  /** Drawn heavier, and named at its end. */
  strong: boolean;
  at: readonly number[];
  values: readonly (number | null)[];
}

/** A published figure: a diamond, with a bar over the time that it may be about. */
export interface Mark {
  at: number;
  y: number;
  /** Only a bound was published: the value lay on one side of it. */
  hollow: boolean;
  colour: string;
  fact: Reported;
}

export interface Flag {
  at: number;
  number: number;
  event: CaseEvent;
}

/** A time in which nobody looked. */
export interface Region {
  from: number;
  to: number;
  why: string;
}

/** A time in which an app was not in the store, at the height of its last rank. */
export interface Absence {
  from: number;
  to: number;
  y: number;
  yBack: number | null;
  colour: string;
  text: string;
}

export interface Axis {
  range: [number, number];
  marks: readonly number[];
  label: (n: number) => string;
  /** 1 on top. */
  upsideDown: boolean;
}

export interface PlotSpec {
  name: string;
  height: number;
  axis: Axis;
  lines: readonly Line[];
  marks: readonly Mark[];
  flags: readonly Flag[];
  regions: readonly Region[];
  absences: readonly Absence[];
  range: [number, number];
  zone: Zone;
}

/** What the reader points at. */
export interface Hit {
  at: number;
  values: { line: Line; value: number | null }[];
  focus: string | null;
  mark: Mark | null;
  flag: Flag | null;
  region: Region | null;
}
