/**
 * Where a moderator switches the mode: what will change, why, until when; and the way back for ten seconds.
 *
 * Knows the two modes. Refuses to switch anything without a reason, or to undo anything in silence.
 */

import { newId } from "../hubbub/ids.js";
import { openAct } from "./act_dialog.js";
import { choiceCards } from "./choice_cards.js";
import { modeIcon } from "./dom.js";
import { t } from "./language.js";
import { ReasonField } from "./reason_field.js";
import { faultWords } from "./refusals.js";
import { showToast } from "./toast.js";
import { UntilField } from "./until_field.js";

/** @typedef {import("../hubbub/types.js").RoomState} RoomState */

const MODES = ["agora", "announcement"];

/**
 * Opens the dialog; it closes itself.
 * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
 */
export function openModeDialog(client, room) {
  const before = room.state;
  if (!before) return;
  const wanted = before.mode === "agora" ? "announcement" : "agora";
  const cards = choiceCards("mode", t("mode_dialog.legend"), MODES.map(cardOf(before.mode)), wanted);
  const reason = new ReasonField("mode-reason");
  const until = new UntilField("mode-until", {
    now: () => client.now(),
    forever: t("mode_dialog.forever"),
    hint: t("mode_dialog.until_hint"),
    choices: ["quarter", "hour", "tonight"],
  });
  openAct(client, room, {
    title: t("mode_dialog.title"),
    look: "mode-dialog",
    fields: [cards.element, reason.element, until.element],
    submit: t("mode_dialog.submit"),
    focus: () => reason.focus(),
    command: () => commandOf(cards.value, reason, until),
    done: () => offerUndo(client, room, before),
  });
}

/** @param {string} now @returns {(mode: string) => import("./choice_cards.js").Choice} */
function cardOf(now) {
  return (mode) => ({
    value: mode,
    look: `mode-${mode}`,
    title: [modeIcon(mode), t(`mode.${mode}`)],
    mark: mode === now ? t("mode_dialog.now") : "",
    effect: t(`mode_dialog.effect.${mode}`),
  });
}

/** @param {string} mode @param {ReasonField} reason @param {UntilField} until */
function commandOf(mode, reason, until) {
  if (!reason.command) return (reason.focus(), t("moderation.reason_missing"));
  if (!until.command) return (until.focus(), t("moderation.until_past"));
  return { t: "mode", mode, ...reason.command, ...until.command };
}

/**
 * @param {import("../hubbub/client.js").Client} client @param {import("../hubbub/room.js").Room} room
 * @param {RoomState} before
 */
function offerUndo(client, room, before) {
  const id = newId();
  const hasEnd = before.mode_until !== undefined && before.mode_until > client.now();
  const until = hasEnd ? { until: before.mode_until } : {};
  const command = { t: "mode", id, mode: before.mode, reason: t("mode_dialog.undone"), ...until };
  showToast(t("mode_dialog.done"), t("mode_dialog.undo"), async () => {
    try {
      await client.act(room, command);
      return "";
    } catch (problem) {
      return faultWords(problem);
    }
  });
}
