/**
 * YAML text to plain values that remember where they were written. The registry accepts plain YAML 1.2 only: what can
 * surprise a reader (anchors, merge keys, tags, numbers that are not decimal, keys that are not text) is an error.
 */
import { type Document, isMap, isScalar, isSeq, LineCounter, type ParsedNode, parseDocument } from "yaml";
import type { Code, Finding } from "./errors";
import { quote } from "./quote";

export type Path = readonly (string | number)[];

/** A file's value and the way back from a path in it to its text. Values are undefined where the text cannot be used. */
export interface YamlText {
  readonly file: string;
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** A finding at a path; `at` says whether it concerns the key or its value. A path that does not exist is its parent's. */
  finding(code: Code, path: Path, message: string, at?: "key" | "value"): Finding;
}

interface Offsets {
  readonly key: number;
  readonly value: number;
}

/** Enough to act upon; a text that is broken in one place is often broken in hundreds. */
const MOST_SYNTAX_ERRORS = 20;

export function readYaml(file: string, text: string): YamlText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false, merge: false, prettyErrors: false });
  const places = new WeakMap<object, ReadonlyMap<string | number, Offsets>>();
  const findings: Finding[] = [];

  const findingAt = (code: Code, offset: number, path: Path, message: string): Finding => {
    const { line, col } = lines.linePos(Math.max(offset, 0));
    return {
      code,
      severity: "error",
      file,
      line: Math.max(line, 1),
      col: Math.max(col, 1),
      path: renderPath(path),
      message,
    };
  };
  const refuse = (offset: number, path: Path, message: string, code: Code = "TN-102") => {
    findings.push(findingAt(code, offset, path, message));
  };

  for (const error of document.errors.slice(0, MOST_SYNTAX_ERRORS))
    refuse(error.pos[0], [], `not YAML: ${error.message}`);
  if (document.directives?.yaml.explicit && document.directives.yaml.version !== "1.2") {
    refuse(0, [], "this is read as YAML 1.2, where `no` is text and 010 is ten; remove the %YAML line");
  }
  const value = document.errors.length > 0 ? undefined : plainValue(document.contents, { places, refuse });

  return {
    file,
    value,
    findings,
    finding: (code, path, message, at = "key") => findingAt(code, offsetOf(value, places, path)[at], path, message),
  };
}

interface Reading {
  readonly places: WeakMap<object, ReadonlyMap<string | number, Offsets>>;
  readonly refuse: (offset: number, path: Path, message: string, code?: Code) => void;
}

function plainValue(node: Document.Parsed["contents"], reading: Reading, path: Path = []): unknown {
  if (node === null) return null;
  const start = node.range[0];
  const refuse = (message: string) => reading.refuse(start, path, message);
  if (node.anchor !== undefined) refuse("anchors (`&`) are not accepted; write the value out where it is used");
  if (node.tag !== undefined) refuse(`the tag ${quote(node.tag)} is not accepted; write the plain value`);
  if (isMap(node)) return plainMap(node.items, reading, path);
  if (isSeq(node)) {
    const values = node.items.map((item, index) => plainValue(item, reading, [...path, index]));
    reading.places.set(values, new Map(node.items.map((item, index) => [index, at(item.range[0], item)])));
    return values;
  }
  if (!isScalar(node)) return refuse("aliases (`*`) are not accepted; write the value out");
  if (typeof node.value === "number" && !/^(-?[1-9][0-9]*|0)(\.[0-9]+)?$/.test(node.source)) {
    refuse(
      `${quote(node.source)} is a number that readers take differently; write it in decimal, such as ${node.value}`,
    );
  }
  return node.value;
}

interface Pair {
  readonly key: ParsedNode;
  readonly value: ParsedNode | null;
}

function plainMap(items: readonly Pair[], reading: Reading, path: Path): unknown {
  const value: Record<string, unknown> = Object.create(null);
  const places = new Map<string, Offsets>();
  for (const pair of items) {
    const key = isScalar(pair.key) ? pair.key.value : undefined;
    const offset = pair.key.range[0];
    if (typeof key !== "string") {
      const got = isScalar(pair.key) ? quote(pair.key.source) : "a list or mapping";
      reading.refuse(offset, path, `${got} is not text, and keys are text; write a word, or put it in quotes`);
    } else if (key === "<<") {
      reading.refuse(offset, path, "merge keys (`<<`) are not accepted; write the keys out, or use a plan");
    } else if (places.has(key)) {
      reading.refuse(offset, [...path, key], `${quote(key)} is written twice; keep one of them`, "TN-105");
    } else {
      places.set(key, at(offset, pair.value));
      value[key] = plainValue(pair.value, reading, [...path, key]);
    }
  }
  reading.places.set(value, places);
  return value;
}

const at = (key: number, value: ParsedNode | null): Offsets => ({ key, value: value?.range[0] ?? key });

function offsetOf(top: unknown, places: Reading["places"], path: Path): Offsets {
  let value = top;
  let offsets: Offsets = { key: 0, value: 0 };
  for (const key of path) {
    if (typeof value !== "object" || value === null) break;
    const found = places.get(value)?.get(key);
    if (found === undefined) return { key: offsets.key, value: offsets.key };
    offsets = found;
    value = Reflect.get(value, key);
  }
  return offsets;
}

/** The value at a path of a plain value; undefined where there is none. */
export const valueAt = (top: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    top,
  );

const renderPath = (path: Path) => path.join(".");
