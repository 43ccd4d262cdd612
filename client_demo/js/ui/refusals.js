/**
 * A refusal in the reader's words.
 *
 * Knows codes. Where a later server has one that we do not know, its own English reason is shown.
 */

import { Refused, Unanswered } from "../hubbub/index.js";
import { has, moment, t } from "./language.js";
import { nameOf } from "./people.js";

/** @param {import("../hubbub/types.js").Nack} nack @returns {string} */
export function refusalWords(nack) {
  const key = `refused.${nack.code}`;
  if (!has(key)) return nack.reason;
  const seconds = Math.ceil((nack.retry_ms ?? 0) / 1000);
  const why = nack.rule?.reason ? t("refused.why", { reason: nack.rule.reason, who: nameOf(nack.rule.by) }) : "";
  const until = nack.rule?.until ? t("refused.until", { time: moment(nack.rule.until) }) : "";
  return [t(key, { seconds, reason: nack.reason }), why, until].filter(Boolean).join(" ");
}

/** What went wrong with a command. @param {unknown} fault @returns {string} */
export function faultWords(fault) {
  if (fault instanceof Refused) return refusalWords(fault.nack);
  if (fault instanceof Unanswered) return t("refused.unanswered");
  throw fault;
}
