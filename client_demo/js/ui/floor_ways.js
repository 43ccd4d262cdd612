/**
 * The way to the floor: ask, wait in line, ask again later.
 *
 * Knows what stands there in each stance. Refuses to know how it is sent.
 */

import { busyButton } from "./busy_button.js";
import { button, el, icon } from "./dom.js";
import { language, moment, say, t } from "./language.js";
import { nameElement } from "./people.js";
import { spanWords } from "./times.js";
import { keptTrue } from "./ticking.js";

/** @typedef {import("./stance.js").Stance} Stance */
/** @typedef {import("./speaking.js").Speaking} Speaking */

const REASON_CHARS = 500; // as the server takes them

/** @param {Stance} stance @param {Speaking} speaking @param {() => number} now @returns {(Element|null)[]} */
export function floorWays(stance, speaking, now) {
  const answer = stance.answer ? answerLine(stance.answer) : null;
  if (stance.kind === "asked") return [askedLine(stance, speaking)];
  if (stance.kind === "asks") return [answer, askForm(speaking)];
  if (stance.kind === "cools") return [answer, coolsLine(stance.until ?? 0, now)];
  return [];
}

/**
 * One press asks; what it is about can be said before, on a narrow screen behind a button.
 * @param {Speaking} speaking
 */
function askForm(speaking) {
  const words = t("floor.why");
  const field = { class: "floor-why", maxlength: REASON_CHARS, placeholder: words, "aria-label": words, dir: "auto" };
  const why = el("input", field);
  const ask = busyButton([icon("hand"), t("floor.ask")], () => speaking.ask(why.value.trim()), {
    class: "primary ask",
  });
  why.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.isComposing) ask.click();
  });
  const more = button(icon("edit"), () => (form.classList.add("has-why"), why.focus()), {
    class: "tool add-why",
    "aria-label": t("floor.add_why"),
    title: t("floor.add_why"),
  });
  const form = el("div", { class: "floor-ask" }, why, ask, more);
  return form;
}

/** @param {Stance} stance @param {Speaking} speaking */
function askedLine({ at = 0, rank = 1 }, speaking) {
  const words = t("floor.asked", { time: moment(at), rank: place(rank) });
  return el(
    "div",
    { class: "floor-asked" },
    icon("hand"),
    el("p", {}, words),
    busyButton(t("floor.withdraw"), () => speaking.withdraw()),
  );
}

/** @param {number} untilMs @param {() => number} now */
function coolsLine(untilMs, now) {
  const words = () => t("floor.cools", { span: spanWords(Math.max(0, untilMs - now())) });
  return keptTrue(el("p", { class: "floor-cools" }), words);
}

/** Who ended it, and why. @param {import("../hubbub/types.js").Entry} end */
function answerLine(end) {
  const words = say(`floor.ended.${end.action}`, { who: nameElement(end.by), time: moment(end.at) });
  return el("p", { class: "floor-ended" }, words, end.reason ? [" ", el("q", { dir: "auto" }, end.reason)] : null);
}

/** First, second, third. @param {number} rank @returns {string} */
function place(rank) {
  const category = new Intl.PluralRules(language, { type: "ordinal" }).select(rank);
  return t(`floor.rank.${category}`, { rank });
}
