/**
 * A picture of where an image's bytes are. One SVG without scripts or outside references: colours follow the reader's
 * light or dark scheme, a name is written where it fits, and the size of everything shows under the pointer.
 */
import { fitText, formatSize, shortDigest, textWidth, xmlText } from "../base/index.ts";
import type { ImageContents } from "./contents.ts";
import { type SizeNode, sizeTree } from "./size-tree.ts";
import { type Box, squarify } from "./treemap.ts";

const width = 1280;
const height = 800;
const margin = 16;
const headline = 56;
/** Height of the strip that a folder's name stands in. */
const strip = 20;
const gap = 2;
/** Smaller sides are not worth a rectangle. */
const smallestSide = 4;
/** How much wider bold text is. */
const boldness = 1.1;

const fontSize = 12;

function widthOf(text: string): number {
  return textWidth(text, fontSize);
}

/** Hues that are told apart by most eyes, neighbours far from each other. */
const hues = [212, 32, 158, 276, 350, 188, 52, 236, 96, 316];

const style = `
  svg { --ground: #ffffff; --ink: #1c2430; --soft: #5b6675; --leaf: 82%; --frame: 92%; --vivid: 62%; --hue: 215; --colour: 12%; }
  @media (prefers-color-scheme: dark) {
    svg { --ground: #14181f; --ink: #eef2f7; --soft: #a3afbf; --leaf: 31%; --frame: 19%; --vivid: 34%; }
  }
  text { font: ${fontSize}px system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", Arial, sans-serif; fill: var(--ink); pointer-events: none; }
  .ground { fill: var(--ground); }
  .title { font-size: 20px; font-weight: 600; }
  .soft { fill: var(--soft); }
  .name { font-weight: 600; }
  .leaf > rect { fill: hsl(var(--hue) var(--colour) var(--leaf)); }
  .frame > rect { fill: hsl(var(--hue) var(--colour) var(--frame)); stroke: var(--ground); }
  .leaf:hover > rect { stroke: var(--ink); stroke-width: 1.5; }
`;

/** Fewer characters of a name say nothing. */
const leastShown = 6;

/** As much of a text as fits; undefined where that would say nothing. */
function clip(text: string, room: number): string | undefined {
  const shown = fitText(text, fontSize, room);
  return widthOf(text) > room && shown.length < leastShown ? undefined : shown;
}

function number(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** Text that is left out where it does not fit whole. */
function fitting(texts: readonly string[], room: number): string | undefined {
  return texts.find((text) => widthOf(text) <= room);
}

function label(x: number, y: number, text: string | undefined, className?: string): string {
  if (text === undefined) return "";
  const attribute = className === undefined ? "" : ` class="${className}"`;
  return `<text x="${number(x)}" y="${number(y)}"${attribute}>${xmlText(text)}</text>`;
}

/** The nodes that get a rectangle, the rest as one: "and 12 more". */
function shown(nodes: readonly SizeNode[], area: number): readonly SizeNode[] {
  const total = nodes.reduce((sum, node) => sum + node.size, 0);
  const least = (total * (smallestSide + gap) ** 2) / Math.max(area, 1);
  const count = nodes.filter((node) => node.size >= least).length;
  const rest = nodes.slice(count);
  const size = rest.reduce((sum, node) => sum + node.size, 0);
  if (size === 0) return nodes.slice(0, count);
  const [only] = rest;
  const name = rest.length === 1 && only !== undefined ? only.name : `${rest.length} more`;
  return [...nodes.slice(0, count), { name, size, children: [] }];
}

interface Drawn {
  readonly node: SizeNode;
  readonly box: Box;
  readonly total: number;
  /** The names above, for the text under the pointer. */
  readonly path: string;
  /** Undefined above the level where colours begin. */
  readonly hue: number | undefined;
}

/** What takes up nearly everything has no colour of its own: its parts have. */
const nearlyAll = 0.8;

function draw({ node, box, total, path, hue }: Drawn): string {
  const [w, h] = [box.width - gap, box.height - gap];
  if (w < 1 || h < 1) return "";
  const [x, y] = [box.x + gap / 2, box.y + gap / 2];
  const size = formatSize(node.size);
  const share = `${((100 * node.size) / total).toFixed(1)} %`;
  const full = [path, node.name].filter((part) => part !== "").join("/");
  const note = node.note === undefined ? "" : ` ${node.note}`;
  const title = `<title>${xmlText(`${full}${note}`)}\n${size}, ${share}</title>`;
  const rect = `<rect x="${number(x)}" y="${number(y)}" width="${number(w)}" height="${number(h)}" rx="3"/>`;
  const captions = note === "" ? [size] : [`${node.note} · ${size}`, size];
  const room = w - 10;
  const isOpen = node.children.length > 0 && w >= 64 && h >= strip + 28;
  if (!isOpen) {
    const name = h >= 18 ? clip(node.name, room) : undefined;
    const below = h >= 36 && name !== undefined ? fitting(captions, room) : undefined;
    return `<g class="leaf">${rect}${title}${label(x + 5, y + 14, name)}${label(x + 5, y + 29, below, "soft")}</g>\n`;
  }
  const name = clip(node.name, room / boldness) ?? "";
  const beside = fitting(captions, room - widthOf(name) * boldness - 7);
  const aside = beside === undefined ? "" : `<tspan class="soft" dx="7">${xmlText(beside)}</tspan>`;
  const heading = `<text x="${number(x + 5)}" y="${number(y + 14)}"><tspan class="name">${xmlText(name)}</tspan>${aside}</text>`;
  const inner: Box = { x: x + gap, y: y + strip, width: w - 2 * gap, height: h - strip - gap };
  const children = drawAll(node.children, inner, { total, path: full, hue });
  return `<g class="frame">${rect}${title}${heading}\n${children}</g>\n`;
}

function drawAll(nodes: readonly SizeNode[], within: Box, outer: Pick<Drawn, "total" | "path" | "hue">): string {
  const list = [...shown(nodes, within.width * within.height)].sort((a, b) => b.size - a.size);
  const boxes = squarify(
    list.map((node) => node.size),
    within,
  );
  return list
    .map((node, index) => {
      const box = boxes[index] ?? within;
      if (outer.hue !== undefined) return draw({ ...outer, node, box });
      const isGround = node.children.length > 0 && node.size >= nearlyAll * outer.total;
      if (isGround) return draw({ ...outer, node, box });
      const hue = hues[index % hues.length] ?? 0;
      // The fill is for what draws SVG without knowing variables.
      const paint = `fill="hsl(${hue}, 62%, 86%)" style="--hue: ${hue}; --colour: var(--vivid)"`;
      return `<g ${paint}>${draw({ ...outer, hue, node, box })}</g>\n`;
    })
    .join("");
}

/** The picture of an image, as the text of an SVG file. */
export function treemapOf(image: ImageContents): string {
  const tree = sizeTree(image);
  const within: Box = {
    ...{ x: margin, y: margin + headline, width: width - 2 * margin, height: height - 2 * margin - headline },
  };
  const layers = `${image.layers.length} ${image.layers.length === 1 ? "layer" : "layers"}`;
  const packages = image.packages.length === 0 ? "" : ` · ${image.packages.length} packages`;
  const platform = `${image.config.os ?? "?"}/${image.config.architecture ?? "?"}`;
  const subtitle = `${formatSize(tree.size)} in ${layers}${packages} · ${platform} · ${shortDigest(image.id)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${xmlText(`${image.reference}: ${subtitle}`)}</title>`,
    `<style>${style}</style>`,
    `<rect class="ground" width="${width}" height="${height}"/>`,
    label(margin, margin + 18, clip(image.reference, (width - 2 * margin) * 0.6), "title"),
    label(margin, margin + 40, subtitle, "soft"),
    tree.size === 0
      ? label(margin, margin + 80, "The image holds no bytes.")
      : drawAll(tree.children, within, { total: tree.size, path: "", hue: undefined }),
    "</svg>\n",
  ].join("\n");
}
