/**
 * Makes elements. Text only ever becomes text: nothing here, or anywhere, parses markup.
 *
 * Knows the DOM. Refuses to know what the elements are for.
 */

/** @typedef {Node|string|null|undefined|false} Child */

/**
 * An element. `on` holds listeners by type; `true` is an attribute without a value; null, undefined and
 * false leave it out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child|Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") for (const [type, listener] of Object.entries(value)) element.addEventListener(type, listener);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...shown(children));
  return element;
}

/**
 * Puts these children, and no others, into an element.
 * @param {Element} element
 * @param {...(Child|Child[])} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...shown(children));
}

/**
 * A button that submits nothing.
 * @param {Child|Child[]} label
 * @param {() => void} onClick
 * @param {Record<string, any>} [attributes]
 */
export function button(label, onClick, attributes = {}) {
  return el("button", { type: "button", ...attributes, on: { click: onClick } }, label);
}

/** @param {(Child|Child[])[]} children @returns {(Node|string)[]} */
function shown(children) {
  return /** @type {(Node|string)[]} */ (children.flat().filter((child) => child || child === ""));
}

const SVG = "http://www.w3.org/2000/svg";

/** The shapes of our icons, on a field of 24 by 24, drawn as lines. */
const SHAPES = {
  announcement: "M4 10v4h3l8 4V6L7 10H4zM18 9a4 4 0 0 1 0 6M8 14.5 9.5 20H12l-1.2-4.2",
  agora: "M4 5h11v8H9l-3 3v-3H4V5zM18 9h2v8h-2v3l-3-3h-4v-1",
  other: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v5M12 16v.5",
  people:
    "M9 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3 19c0-3 2.5-5 6-5s6 2 6 5M16 5.5a3 3 0 0 1 0 5M17.5 14.5c2 .6 3.5 2.2 3.5 4.5",
  hand: "M8 12V6.5a1.5 1.5 0 0 1 3 0V4.5a1.5 1.5 0 0 1 3 0V6a1.5 1.5 0 0 1 3 0v8c0 6-8 8-10 3l-3-4.5c0-2 2-2 4 1",
  menu: "M4 7h16M4 12h16M4 17h16",
  settings: "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h11M19 17h1M15 5v4M9 10v4M17 15v4",
  help: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9.5 10a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .7-1 1.4M12 16.5v.1",
  search: "M11 5a6 6 0 1 0 0 12 6 6 0 0 0 0-12zM15.5 15.5 20 20",
  close: "M6 6l12 12M18 6 6 18",
  link: "M4 12a12 12 0 0 1 16 0M7 15.5a7.5 7.5 0 0 1 10 0M12 19v.1",
  keyboard: "M3 7h18v10H3zM7 10.5v.1M10.5 10.5v.1M14 10.5v.1M17 10.5v.1M8 14h8",
  leave: "M14 5H6v14h8M11 12h9M17 9l3 3-3 3",
  send: "M5 12h13M13 6l6 6-6 6",
  down: "M12 5v13M6 13l6 6 6-6",
  up: "M12 19V6M6 11l6-6 6 6",
  reply: "M10 6 4 12l6 6M4 12h9c4 0 7 2 7 6",
  edit: "M4 20l1-4L16 5l3 3L8 19zM13.500 7.5l3 3",
  copy: "M9 9h10v11H9zM5 15V4h10v2",
  chain:
    "M10 14a4 4 0 0 1 0-5.5l3-3a4 4 0 0 1 5.500 5.500L17 12.500M14 10a4 4 0 0 1 0 5.5l-3 3A4 4 0 0 1 5.500 13L7 11.500",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  record: "M6 4h9l3 3v13H6zM9 10h6M9 13h6M9 16h4",
  warning: "M12 4 3 20h18zM12 10v5M12 17.500v.5",
  question:
    "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM9.500 10a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .8-1 1.500M12 16.500v.2",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  mute: "M4 10v4h3l6 4V6L7 10H4zM16 10l5 5M21 10l-5 5",
  ban: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM6.5 6.5l11 11",
  role: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6l7-3zM9 12l2 2 4-4",
  undo: "M9 7 4 12l5 5M4 12h10a5 5 0 0 1 5 5",
};

/** A picture that says nothing to those who do not see it. @param {keyof typeof SHAPES} name @returns {SVGElement} */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[name]);
  svg.append(path);
  return svg;
}

/** The icon of a mode, also of one that is not known yet. @param {string} mode */
export function modeIcon(mode) {
  return icon(mode === "announcement" || mode === "agora" ? mode : "other");
}
