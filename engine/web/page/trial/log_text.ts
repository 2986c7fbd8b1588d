/* A part of a log as text to be shown: blocks of whole lines, each of which knows how many bytes it was. */

import { withoutControls } from "../format";

export interface Block {
  id: number;
  text: string; // lines without the last one's end
  lines: number;
  bytes: number;
}

const BLOCK_BYTES = 16 * 1024;
const LINE_MAX = 4000; // characters of a line that are shown
const TAIL_MAX = 256 * 1024; // bytes that are kept of a line that does not end
const NEWLINE = 10;
const RETURN = 13;

let nextId = 1;

/* As a terminal would have it in the end: what a carriage return overwrote is gone. */
function shownLine(raw: string): string {
  const written = raw.replace(/\r+$/, "");
  const line = withoutControls(written.slice(written.lastIndexOf("\r") + 1));
  return line.length <= LINE_MAX
    ? line
    : `${line.slice(0, LINE_MAX)} [… ${(line.length - LINE_MAX).toLocaleString("en")} more characters in this line]`;
}

function shownText(bytes: Uint8Array): { text: string; lines: number } {
  const lines = new TextDecoder().decode(bytes).split("\n");
  if (bytes[bytes.length - 1] === NEWLINE) lines.pop();
  return { text: lines.map(shownLine).join("\n"), lines: lines.length };
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/* Where a block that begins at start ends: behind a newline; -1: no line ends here. */
function blockEnd(bytes: Uint8Array, start: number): number {
  const wanted = bytes.lastIndexOf(NEWLINE, Math.min(bytes.length, start + BLOCK_BYTES) - 1);
  if (wanted >= start) return wanted + 1;
  const next = bytes.indexOf(NEWLINE, start);
  return next < 0 ? -1 : next + 1;
}

function blocksOf(bytes: Uint8Array): { blocks: Block[]; rest: Uint8Array } {
  const blocks: Block[] = [];
  let start = 0;
  for (let end = blockEnd(bytes, start); start < bytes.length && end > 0; end = blockEnd(bytes, start)) {
    blocks.push({ id: nextId++, bytes: end - start, ...shownText(bytes.subarray(start, end)) });
    start = end;
  }
  return { blocks, rest: bytes.slice(start) };
}

export class LogText {
  blocks: Block[] = [];
  size = 0; // bytes of all blocks
  markedId = 0; // of the block that begins where mark() was called; 0: none
  private tail: Uint8Array = new Uint8Array(); // a line that has not ended
  private tailDropped = 0; // bytes of it that are not kept
  private isTailCut = false; // its end is not kept, only counted
  private isToMark = false;

  /* Bytes from..to of the log are here. isWithinLine: the first bytes belong to a line that begins before. */
  constructor(public from: number, private isWithinLine = false) {}

  get to(): number {
    return this.from + this.size + this.tail.length + this.tailDropped;
  }

  append(bytes: Uint8Array): void {
    let given = this.isWithinLine ? this.skipLine(bytes) : bytes;
    if (this.isTailCut) given = this.endCutLine(given);
    if (given.length === 0) return;
    const { blocks, rest } = blocksOf(joined(this.tail, given));
    this.tail = rest;
    if (blocks.length > 0) {
      blocks[0].bytes += this.tailDropped;
      this.tailDropped = 0;
    }
    blocks.forEach((block) => this.add(block));
    if (rest.length > TAIL_MAX) this.shortenTail();
  }

  /* The next line begins a block of its own, which can be found again. */
  mark(): void {
    this.isToMark = true;
  }

  /* What is no text of the log's own, in place of so many of its bytes. */
  appendGap(text: string, bytes: number): void {
    this.isWithinLine = false;
    this.add({ id: nextId++, text: text.trim(), lines: 1, bytes });
  }

  /* Another part that ends where this one begins. */
  prepend(part: LogText): void {
    const left = part.tail.length + part.tailDropped;
    const end = left > 0 ? [{ id: nextId++, text: part.tailText, lines: 1, bytes: left }] : [];
    this.blocks = [...part.blocks, ...end, ...this.blocks];
    this.size += part.size + left;
    this.from = part.from;
  }

  /* Gives up what is furthest from the end that is read. */
  trimBegin(max: number): void {
    while (this.size > max && this.blocks.length > 1) {
      const { bytes } = this.blocks[0];
      this.blocks = this.blocks.slice(1);
      this.size -= bytes;
      this.from += bytes;
    }
  }

  /* True: something was taken away, and the end of the log is not here any more. */
  trimEnd(max: number): boolean {
    if (this.size <= max) return false;
    this.tail = new Uint8Array();
    this.tailDropped = 0;
    this.isTailCut = false;
    while (this.size > max && this.blocks.length > 1) this.size -= this.blocks.pop()!.bytes;
    return true;
  }

  get tailText(): string {
    return shownLine(new TextDecoder().decode(this.tail));
  }

  private skipLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.findIndex((byte) => byte === NEWLINE || byte === RETURN) + 1;
    this.from += end || bytes.length;
    if (end > 0) this.isWithinLine = false;
    return bytes.subarray(end || bytes.length);
  }

  private endCutLine(bytes: Uint8Array): Uint8Array {
    const end = bytes.indexOf(NEWLINE) + 1;
    this.tailDropped += end || bytes.length;
    if (end === 0) return bytes.subarray(bytes.length);
    const begin = withoutControls(new TextDecoder().decode(this.tail.subarray(0, LINE_MAX)));
    const whole = this.tail.length + this.tailDropped;
    const more = (whole - LINE_MAX).toLocaleString("en");
    this.add({ id: nextId++, text: `${begin} [… ${more} more bytes in this line]`, lines: 1, bytes: whole });
    this.tail = new Uint8Array();
    this.tailDropped = 0;
    this.isTailCut = false;
    return bytes.subarray(end);
  }

  /* Of a line that is written over and over only what stands there now is kept. */
  private shortenTail(): void {
    const last = this.tail.lastIndexOf(RETURN, this.tail.length - 2) + 1;
    this.tailDropped += last;
    this.tail = this.tail.slice(last);
    this.isTailCut = last === 0;
  }

  private add(block: Block): void {
    this.size += block.bytes;
    const last = this.blocks[this.blocks.length - 1];
    if (this.isToMark) this.markedId = block.id;
    if (!last || this.isToMark || last.bytes + block.bytes > BLOCK_BYTES) {
      this.isToMark = false;
      this.blocks = [...this.blocks, block];
      return;
    }
    const merged = { id: last.id, text: `${last.text}\n${block.text}`, lines: last.lines + block.lines, bytes: last.bytes + block.bytes };
    this.blocks = [...this.blocks.slice(0, -1), merged];
  }
}
