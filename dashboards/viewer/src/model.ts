// What a dashboard file says and what its queries answer, as far as the viewer
// reads it. The files are Grafana's own: names and meanings are Grafana's.

/** One cell. Times are milliseconds since 1970; what is missing is null, never 0. */
export type Value = number | string | boolean | null;

export type FieldType = "time" | "number" | "string" | "boolean";

/** A column of an answer. */
export interface Field {
  name: string;
  type: FieldType;
  values: readonly Value[];
  /** ClickHouse's type, e.g. "LowCardinality(String)". */
  clickhouse?: string;
  /** Set by the viewer when a long answer became one column per series. */
  labels?: Readonly<Record<string, string>>;
  /** The whole name, where the source has one (a legendFormat): labels are not put behind it. */
  shown?: string;
}

/** The answer of one target of a panel. */
export interface Frame {
  refId: string;
  format: "timeseries" | "table";
  name?: string;
  fields: readonly Field[];
  sql?: string;
  /** How long the query took, milliseconds. */
  ms?: number;
  rowsRead?: number;
  /** There are more rows than these. */
  truncated?: boolean;
}

/** An event, or with timeEnd a stretch of time. Milliseconds. */
export interface Annotation {
  /** The layer it belongs to: "Events", "Nobody looked". */
  layer: string;
  time: number;
  timeEnd?: number | null;
  title?: string;
  text: string;
  tags?: readonly string[];
  /** From the dashboard file (iconColor); the theme's own without. */
  colour?: string;
}

export interface GridPos {
  x: number;
  y: number;
  /** Columns of 24. */
  w: number;
  /** Rows of 30 pixels. */
  h: number;
}

export interface DataLink {
  title: string;
  url: string;
  targetBlank?: boolean;
}

export interface ColourConfig {
  mode: string;
  fixedColor?: string;
  seriesBy?: "last" | "min" | "max";
}

export interface Step {
  /** null: from minus infinity. */
  value: number | null;
  color: string;
}

export interface Thresholds {
  mode: "absolute" | "percentage";
  steps: readonly Step[];
}

export interface MappingResult {
  text?: string;
  color?: string;
  index?: number;
}

export type Mapping =
  | { type: "value"; options: Readonly<Record<string, MappingResult>> }
  | { type: "range"; options: { from: number | null; to: number | null; result: MappingResult } }
  | { type: "regex"; options: { pattern: string; result: MappingResult } }
  | { type: "special"; options: { match: "true" | "false" | "null" | "nan" | "null+nan" | "empty"; result: MappingResult } };

/** What a field config may hold. Every key that is read is in supported.ts. */
export interface FieldConfig {
  displayName?: string;
  unit?: string;
  decimals?: number | null;
  min?: number | null;
  max?: number | null;
  noValue?: string;
  color?: ColourConfig;
  thresholds?: Thresholds;
  mappings?: readonly Mapping[];
  links?: readonly DataLink[];
  custom?: Readonly<Record<string, unknown>>;
}

export interface Override {
  matcher: { id: string; options?: unknown };
  properties: readonly { id: string; value?: unknown }[];
}

export interface Target {
  refId: string;
  hide?: boolean;
  rawSql?: string;
  expr?: string;
  format?: number | string;
  legendFormat?: string;
}

export interface Panel {
  id: number;
  type: string;
  title?: string;
  description?: string;
  gridPos: GridPos;
  transparent?: boolean;
  targets?: readonly Target[];
  options?: Readonly<Record<string, unknown>>;
  fieldConfig?: { defaults: FieldConfig; overrides: readonly Override[] };
  links?: readonly DataLink[];
  transformations?: readonly unknown[];
  interval?: string;
  maxDataPoints?: number;
  repeat?: string;
  repeatDirection?: "h" | "v";
  /** Of a row. */
  collapsed?: boolean;
  panels?: readonly Panel[];
}

export interface Variable {
  name: string;
  type: string;
  label?: string;
  description?: string;
  /** 0 shown, 1 without its label, 2 not shown. */
  hide?: number;
  multi?: boolean;
  includeAll?: boolean;
  query?: unknown;
  current?: { text: string | string[]; value: string | string[] };
  options?: readonly { text: string; value: string; selected?: boolean }[];
}

export interface DashboardLink {
  title: string;
  type: "link" | "dashboards";
  url?: string;
  icon?: string;
  tooltip?: string;
  tags?: readonly string[];
  asDropdown?: boolean;
  targetBlank?: boolean;
  keepTime?: boolean;
  includeVars?: boolean;
}

export interface AnnotationLayer {
  name: string;
  enable: boolean;
  hide?: boolean;
  iconColor?: string;
}

export interface Dashboard {
  uid: string;
  title: string;
  description?: string;
  tags?: readonly string[];
  timezone?: string;
  time?: { from: string; to: string };
  refresh?: string | false;
  links?: readonly DashboardLink[];
  templating?: { list: readonly Variable[] };
  annotations?: { list: readonly AnnotationLayer[] };
  panels: readonly Panel[];
}

/** The chosen values of a variable, and the words that a reader sees for them. */
export interface Chosen {
  value: readonly string[];
  text: readonly string[];
  /** All was chosen: value and text then hold every option. */
  all?: boolean;
  /** The variable takes several values: Grafana writes even a single one as a list of one. */
  multi?: boolean;
}

/** What a panel has to know of the page that it stands on. */
export interface Ctx {
  /** The time range, milliseconds. */
  from: number;
  to: number;
  /** An IANA name, "UTC" or "Asia/Shanghai". */
  zone: string;
  annotations: readonly Annotation[];
  theme: "light" | "dark";
  /** Panels of the same key share their crosshair. */
  sync: string;
  vars: Readonly<Record<string, Chosen>>;
  /** The reader chose a stretch of time, milliseconds. */
  onZoom(from: number, to: number): void;
  /** The reader wants the time range back that was before the zoom. */
  onReset(): void;
  /** The reader follows a link; without it the browser does. */
  onLink?(url: string, newTab: boolean): void;
}

/** A panel that has been drawn. */
export interface Drawn {
  destroy(): void;
  /** Fits the panel to its element. Panels also look after that themselves. */
  resize(): void;
  /** The picture of the panel with title and legend. */
  png(): Promise<Blob>;
  /** The data as it is shown: one row per moment or line. RFC 4180. */
  csv(): string;
  /** The data as a table for those who do not see the picture. */
  table(): HTMLElement;
}
