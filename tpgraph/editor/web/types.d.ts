/** The types that the page's modules share. They name them in comments, and nothing of this is loaded. */

type App = import("./app.js").App;
type Canvas = import("./canvas.js").Canvas;

/** What is loaded when the first picture stands. */
type Later = {
  completion: import("./completion.js").Completion;
  inspector: import("./inspector.js").Inspector;
  paths: import("./paths.js").Paths;
  presentation: import("./presentation.js").Presentation;
  steps: import("./steps.js").Steps;
  textTip: import("./texttip.js").TextTip;
  picks: typeof import("./pick.js");
  clipboard: typeof import("./clipboard.js");
  deleting: typeof import("./deleting.js");
  mending: typeof import("./mending.js");
  training: typeof import("./training.js");
};

/** Start and end in a text, in UTF-16 units; in code points where the session says it. */
type Span = [number, number];
/** x and y, in pixels of the window or in pt of the picture. */
type Point = [number, number];
/** left, top, right, bottom */
type Box = [number, number, number, number];
/** The viewport: x ↦ k x + x₀. */
type Viewport = { k: number; x: number; y: number };
/** What a button beside words is called, and its command. */
type Next = [string, string];
/** Start, end, replacement; in UTF-16 units. */
type Patch = [number, number, string];
/** Start, end, class; in UTF-16 units. */
type Token = [number, number, string];
type Squiggle = { start: number; end: number; message: string; warning?: boolean };

// ---- what the session says

/** `done` of `of` things of a kind; long work tells a list of them, outermost first. */
type Stage = { what: string; done: number; of: number };
type Hear = (stages: Stage[]) => void;
type Transport = (
  op: string,
  body: Record<string, unknown>,
  signal: AbortSignal,
  hear?: Hear,
) => Promise<any>;
type Refusal = {
  message: string;
  expected?: string | null;
  mend?: string | null;
  /** whether it may be done when it is asked for once more */
  again?: boolean;
  /** the mend as a change of text */
  edits?: { start: number; end: number; text: string }[];
  start?: number | null;
  end?: number | null;
  line?: number | null;
  column?: number | null;
};
type Fragment = {
  key: string;
  layer: string;
  kind: string;
  /** in pt, y downwards */
  x: number;
  y: number;
  /** markup in local coordinates */
  svg: string;
  /** the variable that it stands for */
  name: string | null;
  /** what that is called: of many as all of them, of an unnamed one its formula */
  said?: string | null;
  /** whether the text gives it no name */
  unnamed?: boolean;
  /** whether its statement makes others too, so that an edit may be meant for it alone */
  many?: boolean;
  title: string;
  span: Span | null;
  source?: string;
  target?: string;
  argument?: number | null;
  matrix?: string | null;
};
type Picture = {
  full?: Fragment[];
  come?: Fragment[];
  change?: Fragment[];
  move?: [string, number, number][];
  go?: string[];
  order?: string[];
  /** what is said of fragments that look as before */
  facts?: Record<string, Partial<Fragment>>;
  glyphs: Record<string, string>;
  box: Box;
};
type Shelf = {
  name: string;
  shape: string;
  distribution: string;
  trained: boolean;
  many: boolean;
  uses: number;
  span: Span;
}[];
type View = {
  revision: string;
  errors: Refusal[];
  warnings: Refusal[];
  tokens: Token[];
  picture: Picture | null;
  faded: string[];
  /** the places of marks and lines in the text */
  spans: Record<string, Span>;
  shelf: Shelf;
  program: { name: string; equations: number; language: string } | null;
  /** whether the picture is that of a text before, as long as the text has mistakes */
  old: boolean;
};
/** An edit of the session. */
type Do = { edit: string; /** the text that alone it is meant for */ of?: string; [argument: string]: unknown };
/** What accepts a mark that is dragged, and why others do not. */
/** What takes a mark, by keys, and why the others do not; `all` is why a target is taken "only here" alone. */
type Accepted = { targets: Record<string, { do: Do; says: string; all?: string }>; refuses: Record<string, string> };
/** What of the text is not in the picture, which is `old` where it is of a text before. */
type Lack = { old?: boolean; words?: string; again?: () => void };
/** A matrix by which a vector can be multiplied, null for a new one; `detail` says why one does not fit. */
type Factor = { matrix: string | null; transpose: boolean; title: string; detail: string; fits: boolean };
/** What an edit would change: lines of the text, and lines of the picture by what they join. */
type Dry = {
  title: string;
  lines: { line: number; was: string | null; becomes: string | null }[];
  appearing: [string, string][];
  /** whether "only here" would be another edit */
  many?: boolean;
};
/** A field of the inspector. */
type Row = { field: string; label: string; value: string; choices?: [value: string, called: string][]; name?: string };
/** A completion. */
type Item = { text: string; kind: string; detail: string };
type Exported = {
  name: string;
  mime: string;
  text?: string;
  base64?: string;
  warnings?: string[];
  preview?: string | null;
};
type Step = {
  at: number;
  count: number;
  /** the marks that it makes, and those that are there */
  lit: string[];
  done: string[];
  rule: string;
  formula: { latex: string; svg: string; plain: string } | null;
  /** its place in the text */
  span: Span | null;
};
/** All instructions over one picture. */
type Walk = {
  picture: Picture;
  /** the step in which a mark or line appears */
  born: Record<string, number>;
  /** what each says */
  steps: Pick<Step, "rule" | "formula" | "span">[];
};
type Pass = "forward" | "backward" | "sgd" | "ntk" | "reduced";
type Scalars = Record<string, { finite: number | null; limit: number | null; error: number | null }>;

// ---- parts of the page

/** What may be dark, and tells when that changes. */
type Surroundings = { readonly matches: boolean; addEventListener: (name: "change", hear: () => void) => void };
/** What surrounds the editor: a server with files, or a notebook. */
type Host = {
  transport: Transport;
  /** every text that is written */
  changed: (text: string) => void;
  /** the name of the file that the program is in */
  file?: () => string | null;
  /** whose light or dark it has, of the system if there is none */
  around?: Surroundings;
  /** commands of the host: save, open, export */
  command: (app: App, id: string) => Promise<boolean>;
};
type Command = {
  id: string;
  title: string;
  group: string;
  /** as it is shown, such as "m", "F2", "Ctrl-K" */
  key?: string;
  /** what it does, in a sentence */
  hint?: string;
  /** whether the key works beside the canvas too */
  everywhere?: boolean;
};
/** What is dragged: a mark of the picture, or a matrix of the shelf. */
type Dragged = { fragment: Fragment | null; matrix: string | null };
/** Who hears gestures on the picture. */
type GestureHearers = {
  click: (fragment: Fragment | null, more: boolean) => void;
  /** double-click */
  open: (fragment: Fragment | null, world: Point) => void;
  begin: (dragged: Dragged) => void;
  over: (dragged: Dragged, target: Fragment | null, only: boolean, at: Point) => void;
  drop: (dragged: Dragged, target: Fragment | null, only: boolean, world: Point, at: Point) => void;
  /** the end of a line is dragged off, or not yet; without a place it is let go */
  tear: (line: Fragment | null, only: boolean, at: Point | null) => void;
  band: (fragments: Fragment[], more: boolean) => void;
  end: () => void;
  hover: (fragment: Fragment | null) => void;
};
/** The text pane; another could fill the same interface. */
type Pane = {
  element: HTMLElement;
  text: string;
  selection: Span;
  show: (text: string, selection?: Span) => void;
  colour: (tokens: Token[], squiggles: Squiggle[]) => void;
  light: (spans: Span[]) => void;
  select: (start: number, end: number, focus?: boolean) => void;
  focus: () => void;
};
/** Who hears what is done in the text pane. */
type PaneHearers = {
  /** the user changed the text */
  typed: (was: string, patch: Patch, before: Span, title: string) => void;
  /** the selection moved */
  selected: () => void;
  undo: () => void;
  redo: () => void;
  /** a number was changed by its slider */
  slid: () => void;
  /** completion is asked for */
  complete: (at: number) => void;
  /** whether a key was taken by something open */
  key: (event: KeyboardEvent) => boolean;
  hover: (at: number | null, box: DOMRect) => void;
};
/** An entry of the undo list. */
type Entry = {
  /** what was done, as the undo list shows it */
  title: string;
  patches: Patch[];
  /** the patches that take it back */
  back: Patch[];
  before: Span;
  after: Span;
  /** whether a run of typing may go on in it */
  typed: boolean;
  /** in milliseconds */
  time: number;
};
/** A file that is open; `saved` of one that is recovered is what is on disk of it. */
type Opened = { name: string; text: string; path: string | null; digest: string | null; caret?: number };
/** The file of the page, and what of it is on disk. */
type Files = { session: import("./api.js").Session; folder: string; opened: Opened; saved: string | null; journalled: string; keep: (text: string) => void; lane: import("./lane.js").Lane };
/** What takes its text back through those before, newest first, is `undo`; `changed` is whether the disk has another text than what it was made from. */
type Recovered = Opened & { saved: string | null; time: string; undo: Patch[]; changed: boolean };

// ---- the page for students

type LessonPass = Walk & { id: string; title: string; folded: Picture | null };
type LessonWidth = { width: number; picture: Picture; spans: Record<string, Span>; scalars: Scalars };
type Lesson = {
  name: string;
  text: string;
  tokens: Token[];
  dark: boolean;
  passes: LessonPass[];
  widths: LessonWidth[];
  warnings: string[];
};
