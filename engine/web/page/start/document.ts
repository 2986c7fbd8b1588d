/* A document as text, and what a form reads from and writes to it. What the form does not know stays:
 * members, comments, the order, and in lines that are not changed every blank. */

import { Document, isAlias, isMap, isPair, isScalar, isSeq, parseDocument, Scalar, visit, YAMLMap, YAMLSeq } from "yaml";
import type { Node, Pair } from "yaml";

/* Members by their lowerCamelCase names, items by their numbers. A document may have either spelling. */
export type Path = (string | number)[];

export type Plain = string | number | boolean | null | Plain[] | { [name: string]: Plain };

/* A path as the server writes it: study_spec.parameters[0].scale_type. */
export function fieldOf(path: Path): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else text += (text ? "." : "") + step.replace(/[A-Z]/g, (letter) => "_" + letter.toLowerCase());
  }
  return text;
}

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/;
const READING = { intAsBigInt: true, uniqueKeys: false } as const;

/* Numbers keep their spelling: 1e-5 stays so. What is no number is kept as the text it is. */
function numberNode(text: string): Scalar {
  if (!NUMBER.test(text)) return new Scalar(text);
  return parseDocument(text, READING).contents as Scalar;
}

function plainKey(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

function sameName(one: string, other: string): boolean {
  return one === other || one.replaceAll("_", "").toLowerCase() === other.replaceAll("_", "").toLowerCase();
}

/* Whole numbers are read exactly; those that JSON would round become the texts that the API has for them. */
function plainOf(value: unknown): Plain {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plainOf);
  if (value !== null && typeof value === "object")
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plainOf(member)]));
  return value as Plain;
}

/* What a person would write in a line. */
function isShort(within: YAMLMap | YAMLSeq): boolean {
  const scalars = within.items.map((item) => (isPair(item) ? item.value : item));
  return scalars.every(isScalar) && JSON.stringify(within).length < 80;
}

/* Maps that say something by being there, even empty. */
const KEPT_EMPTY = /^(containerSpec|pythonPackageSpec|modelToUpload|inputDataConfig|jobSpec|trialJobSpec|studySpec|.*Split|.*StoppingSpec|.*ValueSpec)$/;

export class TrainingDocument {
  private constructor(
    private readonly doc: Document,
    private readonly source: string,
  ) {}

  /* null: the text is no YAML, or not of names and values. */
  static read(source: string): TrainingDocument | null {
    const doc = parseDocument(source, READING) as Document;
    if (doc.errors.length > 0) return null;
    if (doc.contents && !isMap(doc.contents) && !(isScalar(doc.contents) && doc.contents.value === null)) return null;
    return new TrainingDocument(doc, source);
  }

  private resolved(node: unknown): Node | null {
    const found = isAlias(node) ? node.resolve(this.doc) : node;
    if (!found || (isScalar(found) && found.value === null)) return null;
    return found as Node;
  }

  private pair(map: YAMLMap, name: string): Pair | undefined {
    return map.items.find((pair) => sameName(plainKey(pair.key), name));
  }

  private node(path: Path): Node | null {
    let node = this.resolved(this.doc.contents);
    for (const step of path) {
      if (isMap(node) && typeof step === "string") node = this.resolved(this.pair(node, step)?.value);
      else if (isSeq(node) && typeof step === "number") node = this.resolved(node.items[step]);
      else return null;
    }
    return node;
  }

  has(path: Path): boolean {
    return this.node(path) !== null;
  }

  /* A scalar as a field shows it; "" where there is none. */
  text(path: Path): string {
    const node = this.node(path);
    if (!isScalar(node)) return "";
    return typeof node.value === "number" && node.source ? node.source : String(node.value);
  }

  flag(path: Path): boolean {
    return this.text(path) === "true";
  }

  count(path: Path): number {
    const node = this.node(path);
    return isSeq(node) ? node.items.length : 0;
  }

  texts(path: Path): string[] {
    return Array.from({ length: this.count(path) }, (_, i) => this.text([...path, i]));
  }

  entries(path: Path): [string, string][] {
    const node = this.node(path);
    if (!isMap(node)) return [];
    return node.items.map((pair) => {
      const value = this.resolved(pair.value);
      return [plainKey(pair.key), isScalar(value) ? String(value.value) : ""];
    });
  }

  plain(path: Path): Plain | undefined {
    const node = this.node(path);
    return node ? plainOf(node.toJS(this.doc)) : undefined;
  }

  /* What is on the way is made: maps, and lists where a number follows. */
  private holder(path: Path): YAMLMap | YAMLSeq {
    let node: Node | null = this.resolved(this.doc.contents);
    if (!node) this.doc.contents = node = new YAMLMap();
    path.slice(0, -1).forEach((step, i) => {
      let next = this.node(path.slice(0, i + 1));
      if (!next || isScalar(next)) {
        next = typeof path[i + 1] === "number" ? new YAMLSeq() : new YAMLMap();
        this.put(node as YAMLMap | YAMLSeq, step, next);
      }
      node = next;
    });
    return node as YAMLMap | YAMLSeq;
  }

  private put(holder: YAMLMap | YAMLSeq, step: string | number, value: Node): void {
    if (isSeq(holder)) {
      holder.items[step as number] = value;
      return;
    }
    const pair = this.pair(holder as YAMLMap, String(step));
    if (!pair) {
      const added = this.doc.createPair(step, value);
      /* A name is looked for at the top. */
      if (step === "displayName") (holder as YAMLMap).items.unshift(added);
      else (holder as YAMLMap).items.push(added);
      return;
    }
    const old = pair.value;
    if (isScalar(old) && isScalar(value)) {
      value.comment = old.comment;
      value.commentBefore = old.commentBefore;
      if (typeof value.value === "string" && typeof old.value === "string" && old.value) value.type = old.type;
    }
    pair.value = value;
  }

  private write(path: Path, value: Node | null): void {
    if (!value) return this.remove(path);
    this.put(this.holder(path), path[path.length - 1], value);
  }

  /* Maps that are empty then go, too. */
  remove(path: Path): void {
    const parent = this.node(path.slice(0, -1));
    const step = path[path.length - 1];
    if (isSeq(parent)) parent.items.splice(Number(step), 1);
    else if (isMap(parent)) parent.items = parent.items.filter((pair) => !sameName(plainKey(pair.key), String(step)));
    const above = path[path.length - 2];
    const isLeftover = (isMap(parent) || isSeq(parent)) && parent.items.length === 0;
    if (isLeftover && typeof above === "string" && !KEPT_EMPTY.test(above)) this.remove(path.slice(0, -1));
  }

  setText(path: Path, text: string): void {
    this.write(path, text === "" ? null : new Scalar(text));
  }

  setNumber(path: Path, text: string): void {
    this.write(path, text.trim() === "" ? null : numberNode(text.trim()));
  }

  setFlag(path: Path, isSet: boolean): void {
    this.write(path, isSet ? new Scalar(true) : null);
  }

  setTexts(path: Path, texts: string[], kind: "text" | "number" = "text"): void {
    if (texts.length === 0) return this.remove(path);
    const old = this.node(path);
    const list = new YAMLSeq();
    list.flow = isSeq(old) ? old.flow : texts.every((text) => text.length < 24);
    list.items = texts.map((text) => (kind === "number" ? numberNode(text) : new Scalar(text)));
    this.write(path, list);
  }

  setEntries(path: Path, entries: [string, string][]): void {
    const map = new YAMLMap();
    for (const [name, value] of entries) map.items.push(this.doc.createPair(name, value));
    this.write(path, entries.length ? map : null);
  }

  setPlain(path: Path, value: Plain): void {
    const node = this.doc.createNode(value) as Node;
    visit(node, { Collection: (_, within) => void (within.flow = isShort(within)) });
    this.write(path, node);
  }

  /* Puts what is at one path to another, with its comments. */
  move(from: Path, to: Path): void {
    const node = this.node(from);
    if (!node) return;
    this.remove(from);
    this.write(to, node);
  }

  /* The members of the document itself become those of a member of it. */
  wrap(name: string, isInner: (name: string) => boolean): void {
    if (!isMap(this.doc.contents)) return;
    const inner = new YAMLMap();
    const outer: Pair[] = [];
    for (const pair of this.doc.contents.items)
      (isPair(pair) && isInner(plainKey(pair.key)) ? (inner.items as Pair[]) : outer).push(pair);
    this.doc.contents.items = outer;
    this.doc.contents.add(this.doc.createPair(name, inner));
  }

  toString(): string {
    /* JSON would be written as one line: it becomes what a person would type. */
    if (isMap(this.doc.contents) && this.doc.contents.flow)
      visit(this.doc, {
        Collection: (_, node) => {
          node.flow = false;
        },
        Scalar: (_, node) => {
          node.type = undefined;
        },
      });
    const options = {
      lineWidth: 0,
      indentSeq: !/^( *)\S.*:[ \t]*(#.*)?\n\1- /m.test(this.source),
      flowCollectionPadding: /\{ /.test(this.source),
    };
    const before = parseDocument(this.source, READING).toString(options).split("\n");
    const after = this.doc.toString(options).split("\n");
    return withOldLines(this.source.split("\n"), before, after).join("\n");
  }
}

/* Lines that were not changed stay as they were typed. before: the typed lines, as they are written here. */
function withOldLines(typed: string[], before: string[], after: string[]): string[] {
  if (typed.length !== before.length) return after;
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < least - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  return [...typed.slice(0, head), ...after.slice(head, after.length - tail), ...typed.slice(typed.length - tail)];
}
