/**
 * A WebSocket whose other end is a test: for what a real server cannot be brought to do.
 *
 * Knows frames in JSON. Refuses to know what they mean. `Scripted.last` is the newest socket, `await
 * Scripted.next()` the next that is opened; `await socket.asked("join")` is the next command of a type, also
 * one that came before; `socket.tell(frame)` is a frame from the server, `socket.drop(code)` the end of it.
 */
class Scripted extends EventTarget {
  static OPEN = 1;
  static count = 0;
  static last = null;

  static next() {
    return new Promise((resolve) => (Scripted._onNext = resolve));
  }

  constructor(url, offered) {
    super();
    this.offered = offered;
    this.protocol = offered.find((one) => one.endsWith("json"));
    this.readyState = 1;
    this.sent = [];
    this._unread = [];
    this._waiting = [];
    Scripted.count += 1;
    Scripted.last = this;
    Scripted._onNext?.(this);
    queueMicrotask(() => this.onopen?.());
  }

  send(payload) {
    const frame = JSON.parse(payload);
    this.sent.push(frame);
    const at = this._waiting.findIndex(({ type }) => type === frame.t);
    if (at >= 0) this._waiting.splice(at, 1)[0].resolve(frame);
    else this._unread.push(frame);
  }

  asked(type) {
    const at = this._unread.findIndex((frame) => frame.t === type);
    if (at >= 0) return Promise.resolve(this._unread.splice(at, 1)[0]);
    return new Promise((resolve) => this._waiting.push({ type, resolve }));
  }

  /** The texts of all messages that were sent. */
  get published() {
    return this.sent.filter((frame) => frame.t === "publish").map((frame) => frame.text);
  }

  tell(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** Answers the next command of a type; returns it. */
  async answer(type, fields) {
    const command = await this.asked(type);
    this.tell({ t: "ack", room: command.room, epoch: "e", ...fields, ref: command.ref });
    return command;
  }

  refuse(type, code, fields = {}) {
    return this.answer(type, { t: "nack", code, reason: code, temporary: "retry_ms" in fields, ...fields });
  }

  push(entry, epoch = "e") {
    this.tell({ t: "entry", room: "place/agora", epoch, e: entry });
  }

  drop(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close(code) {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** The answer to a hello, and to the watch behind it. */
  async welcome({ identity = { id: "u:1", name: "Amina", kind: "person" }, ...more } = {}) {
    const limits = { text_chars: 4000 };
    await this.answer("hello", { t: "welcome", identity, ping_ms: 25000, server_time: Date.now(), limits, ...more });
    await this.answer("watch", { t: "watching", hub: "place", role: "participant", rooms: [] });
  }

  /** The answer to a join, by default of a room without entries; returns the command. */
  async join(fields = {}) {
    const state = { title: "Agora", mode: "agora", base_mode: "agora", mode_since: 1 };
    const rights = { publish: true, reply: true, react: true, floor: false, moderate: false };
    const joined = { state, rights, role: "participant", seq: 0, first: 1, recovered: false, entries: [], present: 1 };
    const command = await this.answer("join", { t: "joined", ...joined, ...fields });
    await turns();
    return command;
  }
}

globalThis.Scripted = Scripted;
globalThis.WebSocket = Scripted;

/** A message as it stands in the log; one's own is `mine(seq, outgoing)`. */
globalThis.message = (seq, text = String(seq), by = "u:2", more = {}) => ({
  seq, at: seq, kind: "message", id: `m${seq}`, by: { id: by, name: by }, text, ...more,
});
globalThis.mine = (seq, { id, text }) => message(seq, text, "u:1", { id });

/** Until what was begun has gone as far as it can. */
globalThis.turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel(); // not a timer: those may stand still
      port1.onmessage = () => (port1.close(), resolve());
      port2.postMessage(null);
    });
  }
};

/** A client in one room, over a scripted socket; `random: () => 0` makes it come back at once. */
globalThis.scene = async (lib, options = {}, joined = {}) => {
  const credentials = { name: "Amina" };
  const client = new lib.Client({ url: "ws://scripted", hub: "place", credentials, random: () => 0, ...options });
  const room = client.open("place/agora");
  const heard = [];
  room.outbox.addEventListener("changed", ({ detail }) => heard.push(`${detail.text} ${detail.status}`));
  room.addEventListener("closed", ({ detail }) => heard.push(`closed ${detail.code}`));
  client.addEventListener("back", ({ detail }) => heard.push(`back ${detail.missed} ${detail.isWhole}`));
  client.addEventListener("ended", ({ detail }) => heard.push(`ended ${detail.why}`));
  const opened = Scripted.next();
  client.start();
  const socket = await opened;
  await socket.welcome();
  await socket.join(joined);
  return { client, room, socket, heard };
};

/** Why a client gives up. */
globalThis.end = (client) =>
  new Promise((resolve) => client.addEventListener("ended", ({ detail }) => resolve(detail.why)));

/** The connection is lost and another stands, up to the answer to its join. */
globalThis.again = async (socket, joined = {}) => {
  const opened = Scripted.next();
  socket.drop();
  const next = await opened;
  await next.welcome();
  await next.join(joined);
  return next;
};
