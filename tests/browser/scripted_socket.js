/**
 * A WebSocket whose other end is a test: for what a real server cannot be brought to do.
 *
 * Knows frames in JSON. Refuses to know what they mean. `Scripted.last` is the newest socket;
 * `await socket.asked("join")` is the next command of a type, `socket.tell(frame)` a frame from the server.
 */
class Scripted extends EventTarget {
  static OPEN = 1;
  static all = [];
  static get last() {
    return Scripted.all.at(-1);
  }

  /** The next socket that is opened. */
  static made() {
    return new Promise((resolve) => (Scripted.onmade = resolve));
  }

  constructor(url, protocols) {
    super();
    this.protocol = protocols.find((one) => one.endsWith("json"));
    this.readyState = 1;
    this.sent = [];
    this._unread = [];
    this._waiting = [];
    Scripted.all.push(this);
    Scripted.onmade?.(this);
    queueMicrotask(() => this.onopen?.());
  }

  send(payload) {
    const frame = JSON.parse(payload);
    this.sent.push(frame);
    const at = this._waiting.findIndex(({ type }) => type === frame.t);
    if (at >= 0) this._waiting.splice(at, 1)[0].resolve(frame);
    else this._unread.push(frame);
  }

  /** The next frame of a type, also one that came before this call. */
  asked(type) {
    const at = this._unread.findIndex((frame) => frame.t === type);
    if (at >= 0) return Promise.resolve(this._unread.splice(at, 1)[0]);
    return new Promise((resolve) => this._waiting.push({ type, resolve }));
  }

  tell(frame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  /** Answers the next command of a type. */
  async answer(type, fields) {
    const { ref, room } = await this.asked(type);
    this.tell({ t: "ack", ref, room, epoch: "e", ...fields });
  }

  /** The other end closes, or is gone. */
  drop(code = 1006) {
    this.readyState = 3;
    this.onclose?.({ code });
  }

  close(code) {
    this.readyState = 3;
    this.closedWith = code;
  }

  /** From the hello to a joined room, as a server with one room and no entries would. */
  async welcome({ identity = { id: "u:1", name: "Amina", kind: "person" }, ...more } = {}) {
    const limits = { text_chars: 4000 };
    await this.answer("hello", { t: "welcome", identity, ping_ms: 25000, server_time: Date.now(), limits, ...more });
    await this.answer("watch", { t: "watching", hub: "place", role: "participant", rooms: [] });
  }

  async join(fields = {}) {
    const state = { title: "Agora", mode: "agora", base_mode: "agora", mode_since: 1 };
    const rights = { publish: true, reply: true, react: true, floor: false, moderate: false };
    const joined = { state, rights, role: "participant", seq: 0, first: 1, recovered: false, entries: [], present: 1 };
    await this.answer("join", { t: "joined", ...joined, ...fields });
  }
}

globalThis.Scripted = Scripted;
globalThis.WebSocket = Scripted;
globalThis.message = (seq, text = String(seq), by = "u:2", more = {}) => ({
  seq, at: seq, kind: "message", id: `m${seq}`, by: { id: by, name: by }, text, ...more,
});
globalThis.turns = async (count = 5) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve));
};
/** A client in one room, with the scripted socket as its link. */
globalThis.scene = async (lib, options = {}, joined = {}) => {
  const client = new lib.Client({ url: "ws://scripted", hub: "place", credentials: { name: "Amina" }, ...options });
  const room = client.open("place/agora");
  const heard = [];
  for (const what of ["entries", "entry", "amended", "people", "typing", "closed"]) {
    room.addEventListener(what, () => heard.push(what));
  }
  client.addEventListener("back", ({ detail }) => heard.push(["back", detail.missed, detail.isWhole]));
  client.connector.start();
  const socket = Scripted.last;
  await socket.welcome();
  await socket.join(joined);
  await turns();
  return { client, room, socket, heard };
};
