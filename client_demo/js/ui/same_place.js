/**
 * Draws something anew without moving whoever is in it: the focus, the caret and what was scrolled stay.
 *
 * Knows where an element stands among others. Refuses to know what is drawn.
 */

const NAMED = ["id", "data-room", "data-key", "name"]; // what tells an element from its like, in this order

/** @param {Element} root @param {() => void} draw */
export function inPlace(root, draw) {
  const active = document.activeElement;
  const focus = active && root.contains(active) && active !== root ? stepsTo(root, active) : null;
  const caret = active && "selectionStart" in active ? caretOf(/** @type {HTMLTextAreaElement} */ (active)) : null;
  const scrolled = [...root.querySelectorAll("*")].filter((one) => one.scrollTop > 0).map((one) => place(root, one));
  draw();
  for (const { steps, top } of scrolled) {
    const box = at(root, steps);
    if (box) box.scrollTop = top;
  }
  if (!focus) return;
  const found = /** @type {HTMLElement|null} */ (at(root, focus));
  found?.focus({ preventScroll: true });
  if (caret && found && "setSelectionRange" in found) {
    /** @type {HTMLTextAreaElement} */ (found).setSelectionRange(caret.start, caret.end);
  }
}

/** @param {HTMLTextAreaElement} field */
function caretOf(field) {
  return field.selectionStart === null ? null : { start: field.selectionStart, end: field.selectionEnd };
}

/** @param {Element} root @param {Element} box */
function place(root, box) {
  return { steps: stepsTo(root, box), top: box.scrollTop };
}

/** @typedef {number|string} Step  Which child, or what it can be found by anywhere. */

/** @param {Element} root @param {Element} element @returns {Step[]} */
function stepsTo(root, element) {
  const steps = /** @type {Step[]} */ ([]);
  for (let one = element; one !== root; one = /** @type {Element} */ (one.parentElement)) {
    const name = NAMED.find((attribute) => one.getAttribute(attribute));
    if (name) return [selectorOf(one, name), ...steps];
    steps.unshift([.../** @type {Element} */ (one.parentElement).children].indexOf(one));
  }
  return steps;
}

/** @param {Element} element @param {string} name */
function selectorOf(element, name) {
  const isRadio = element instanceof HTMLInputElement && element.type === "radio";
  const value = isRadio ? `[value="${CSS.escape(element.value)}"]` : "";
  return `[${name}="${CSS.escape(element.getAttribute(name) ?? "")}"]${value}`;
}

/** @param {Element} root @param {Step[]} steps @returns {Element|null} */
function at(root, steps) {
  let found = /** @type {Element|null} */ (root);
  for (const step of steps) {
    found = (typeof step === "number" ? found?.children[step] : root.querySelector(step)) ?? null;
  }
  return found;
}
