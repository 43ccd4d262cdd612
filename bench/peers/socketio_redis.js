// Socket.IO with its Redis adapter: what anyone says goes to everyone, on every server.
// As the adapter's documentation sets it up. Arguments: the store's unix socket, the port.
import { createAdapter } from "@socket.io/redis-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [path, port] = process.argv.slice(2);
const publisher = createClient({ socket: { path, tls: false } });
const subscriber = publisher.duplicate();
await Promise.all([publisher.connect(), subscriber.connect()]);

const io = new Server({ adapter: createAdapter(publisher, subscriber) });
io.on("connection", (socket) => {
  socket.on("say", (text) => io.emit("say", text));
});
io.listen(Number(port));
