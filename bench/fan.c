// fan: a WebSocket load generator for fan-out. One thread, one epoll.
//
// Opens N connections, sends each the -i messages, waits until each has received a message that contains the -R text, then publishes
// M messages and waits until every reader of the room has each of them. What counts is the marker "T:" + 16 hex digits (the
// sending time, ns) inside any received message, so servers that put several messages in one frame are counted fairly.
//
// Placeholders in -i and -P: {n} a number that no other message has, {i} the connection's number, {g} its room's number (connection i is in room i mod G),
// {m} the marker padded to -s bytes, {t} line i of the file of -t. Message k is published by connection k mod G to room k mod G.
//
//   cc -O2 -o fan fan.c
//   ./fan -p 8000 -u /ws -c 2000 -m 1600 -w 16 -R '"t":"joined"' ...with
//     -i '{"t":"hello","ref":1,"name":"load{i}"}' -i '{"t":"join","ref":2,"room":"bench/r{g}","limit":0}'
//     -P '{"t":"publish","ref":3,"room":"bench/r{g}","id":"{n}","text":"{m}"}'
//
// Options: -h host -p port -u path -S subprotocol -c connections -g rooms -m messages -w in flight -r messages/s (instead of -w)
//          -s bytes -k seconds to hold before publishing -b (binary messages) -i init -R ready -P publish -X extra header line + \r\n
//          -e -w counts for each room, not for all together
//          -M templates are flat or nested JSON objects, sent as MessagePack in binary messages
//          -t file of lines for {t}
//          -N the last so many connections never read once they are ready; they have the buffers of a far network, not those of loopback
//          -K hold until a line comes on stdin; stop publishing early, and finish, when stdin ends
//          -y pid whose CPU time is told, as that of this core and of fan itself, for either phase
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct { int fd, open, ready; uint8_t *carry; size_t used, room; } Conn;

static int conns = 1000, rooms = 1, messages = 200, window = 1, size = 100, port = 8000, hold = 0, opcode = 1, ninit = 0,
           each = 0, packed = 0, deaf = 0, told = 0, stopped = 0, watched = 0;
static double rate = 0;
static unsigned long run;  // makes {n} unique from run to run
static const char *host = "127.0.0.1", *path = "/", *subprotocol, *ready_text, *publish = "{m}", *extra = "", *init[8];
static Conn *all;
static int ep;
static uint64_t opened, ready, delivered, bytes, closed, nlat, caplat;
static uint64_t *lat, *got;  // a latency is room << 32 | microseconds; deliveries by room
static char **tokens;
static uint8_t buf[1 << 18];

static uint64_t now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec * 1000000000ull + t.tv_nsec; }
static void die(const char *what) { perror(what); exit(1); }

static void send_all(int fd, const uint8_t *p, size_t n) {
  while (n) {
    ssize_t r = send(fd, p, n, MSG_NOSIGNAL);
    if (r < 0) { if (errno == EAGAIN || errno == EINTR) { usleep(50); continue; } die("send"); }
    p += r; n -= r;
  }
}

// A masked client frame (the mask is zero, which is a valid mask).
static void send_frame(int fd, const char *p, size_t n, int op) {
  static uint8_t out[1 << 20];
  size_t k = 0;
  out[k++] = 0x80 | op;
  if (n < 126) out[k++] = 0x80 | n;
  else { out[k++] = 0x80 | 126; out[k++] = n >> 8; out[k++] = n; }
  memset(out + k, 0, 4); k += 4;
  memcpy(out + k, p, n);
  send_all(fd, out, k + n);
}

// One JSON value at *p (no escapes, no fractions) as MessagePack at o; gives the bytes written and leaves *p behind the value.
static size_t pack(uint8_t *o, const char **p) {
  size_t k = 1;
  if (**p == '{') {
    int pairs = 0;
    for (++*p; **p && **p != '}'; *p += **p == ',', pairs++) { k += pack(o + k, p); ++*p; k += pack(o + k, p); }
    o[0] = 0x80 | pairs; ++*p;
    return k;
  }
  if (**p == '"') {
    const char *s = ++*p;
    size_t n = strcspn(s, "\"");
    if (n < 32) o[0] = 0xa0 | n;
    else if (n < 256) { o[0] = 0xd9; o[k++] = n; }
    else { o[0] = 0xda; o[k++] = n >> 8; o[k++] = n; }
    memcpy(o + k, s, n); *p = s + n + 1;
    return k + n;
  }
  if (**p == 't' || **p == 'f') { o[0] = **p == 't' ? 0xc3 : 0xc2; *p += **p == 't' ? 4 : 5; return k; }
  unsigned long v = strtoul(*p, (char **)p, 10);
  if (v < 128) { o[0] = v; return k; }
  o[0] = 0xcf;
  for (int shift = 56; shift >= 0; shift -= 8) o[k++] = v >> shift;
  return k;
}

static void send_template(int i, long number, const char *t) {
  static char out[1 << 16];
  static uint8_t binary[1 << 16];
  size_t k = 0;
  for (; *t; ) {
    if (!strncmp(t, "{i}", 3)) { k += sprintf(out + k, "%d", i); t += 3; }
    else if (!strncmp(t, "{g}", 3)) { k += sprintf(out + k, "%d", i % rooms); t += 3; }
    else if (!strncmp(t, "{n}", 3)) { k += sprintf(out + k, "%lx-%ld", run, number); t += 3; }
    else if (!strncmp(t, "{m}", 3)) { size_t s = k; k += sprintf(out + k, "T:%016lx", now()); while ((int)(k - s) < size) out[k++] = 'x'; t += 3; }
    else if (tokens && !strncmp(t, "{t}", 3)) { k += sprintf(out + k, "%s", tokens[i]); t += 3; }
    else out[k++] = *t++;
  }
  out[k] = 0;
  if (packed) { const char *p = out; k = pack(binary, &p); }
  send_frame(all[i].fd, packed ? (char *)binary : out, k, opcode);
}

static void on_message(Conn *c, const uint8_t *p, size_t n, int op) {
  if (op == 9) { send_frame(c->fd, (const char *)p, n, 10); return; }
  if (op == 8) { closed++; return; }
  if (op == 10) return;
  if (!c->ready && (!ready_text || memmem(p, n, ready_text, strlen(ready_text)))) { c->ready = 1; ready++; }
  uint64_t g = (c - all) % rooms;
  for (const uint8_t *q = p, *e = p + n; (q = memmem(q, e - q, "T:", 2)) && e - q >= 18; q += 18) {
    uint64_t t = 0;
    for (int i = 2; i < 18; i++) t = t << 4 | (q[i] <= '9' ? q[i] - '0' : (q[i] | 32) - 'a' + 10);
    delivered++; got[g]++;
    if (q == p || memmem(p, q - p, "T:", 2) == NULL) bytes += n;  // the whole frame, once, with its first marker
    if (nlat < caplat) lat[nlat++] = g << 32 | (now() - t) / 1000;
  }
}

static size_t consume(Conn *c, uint8_t *b, size_t n) {
  size_t o = 0;
  if (!c->open) {
    uint8_t *e = memmem(b, n, "\r\n\r\n", 4);
    if (!e) return 0;
    if (memcmp(b, "HTTP/1.1 101", 12)) { fprintf(stderr, "refused: %.*s\n", (int)(n < 300 ? n : 300), b); exit(1); }
    c->open = 1; opened++; o = e + 4 - b;
    for (int i = 0; i < ninit; i++) send_template(c - all, 0, init[i]);
    if (!ninit && !ready_text) { c->ready = 1; ready++; }
  }
  while (n - o >= 2) {
    size_t h = 2, l = b[o + 1] & 127;
    if (l == 126) { if (n - o < 4) break; l = b[o + 2] << 8 | b[o + 3]; h = 4; }
    else if (l == 127) { if (n - o < 10) break; l = 0; for (int i = 2; i < 10; i++) l = l << 8 | b[o + i]; h = 10; }
    if (n - o < h + l) break;
    on_message(c, b + o + h, l, b[o] & 15);
    o += h + l;
  }
  return o;
}

static void on_readable(Conn *c) {
  ssize_t r = recv(c->fd, buf, sizeof buf, MSG_DONTWAIT);
  if (r <= 0) { if (r < 0 && errno == EAGAIN) return; closed++; epoll_ctl(ep, EPOLL_CTL_DEL, c->fd, 0); return; }
  uint8_t *b = buf; size_t n = r;
  if (c->used) {
    if (c->room < c->used + n) c->carry = realloc(c->carry, c->room = c->used + n + 4096);
    memcpy(c->carry + c->used, buf, n); b = c->carry; n += c->used;
  }
  size_t o = consume(c, b, n), left = n - o;
  if (left && c->room < left) c->carry = realloc(c->carry, c->room = left + 4096);
  if (left) memmove(c->carry, b + o, left);
  c->used = left;
}

static void on_stdin(void) {
  char line[64];
  ssize_t r = read(0, line, sizeof line);
  if (r > 0) told = 1;
  else { told = stopped = 1; epoll_ctl(ep, EPOLL_CTL_DEL, 0, 0); }
}

static void turn(int ms) {
  struct epoll_event ev[512];
  int k = epoll_wait(ep, ev, 512, ms);
  for (int i = 0; i < k; i++) if (ev[i].data.u32 == UINT32_MAX) on_stdin(); else on_readable(&all[ev[i].data.u32]);
}

static void open_connection(int i) {
  int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) die("socket");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (i >= conns - deaf) {  // else loopback alone holds megabytes for one who never reads
    int small = 4096, mss = 1400;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &mss, sizeof mss);
  }
  setsockopt(fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
  struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000002u + i / 20000)};  // 127.0.0.2, .3, …: ports suffice
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, host, &to.sin_addr);
  bind(fd, (void *)&from, sizeof from);
  while (connect(fd, (void *)&to, sizeof to)) if (errno != EINTR) die("connect");
  all[i].fd = fd;
  char rq[8192];
  int n = snprintf(rq, sizeof rq, "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n%s%s%s%s\r\n", path, host, port, subprotocol ? "Sec-WebSocket-Protocol: " : "", subprotocol ? subprotocol : "", subprotocol ? "\r\n" : "", extra);
  send_all(fd, (uint8_t *)rq, n);
  struct epoll_event e = {.events = EPOLLIN, .data.u32 = i};
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

// CPU seconds: of a process (user and system), and of this core since the machine's start (everything but idle).
static double cpu_of(int pid) {
  char name[64], line[1024] = "", *p;
  unsigned long user = 0, system = 0;
  sprintf(name, "/proc/%d/stat", pid);
  FILE *f = fopen(name, "r");
  if (!f) return 0;
  if (fgets(line, sizeof line, f) && (p = strrchr(line, ')'))) sscanf(p + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  fclose(f);
  return (user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double cpu_of_core(void) {
  char name[32], line[512];
  double busy = 0;
  unsigned long user, nice, system, idle, wait, irq, soft, steal;
  FILE *f = fopen("/proc/stat", "r");
  int n = sprintf(name, "cpu%d ", sched_getcpu());
  while (f && fgets(line, sizeof line, f))
    if (!strncmp(line, name, n) && sscanf(line + n, "%lu %lu %lu %lu %lu %lu %lu %lu", &user, &nice, &system, &idle, &wait, &irq, &soft, &steal) == 8)
      busy = (user + nice + system + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK);
  if (f) fclose(f);
  return busy;
}

typedef struct { uint64_t at; double fan, core, server; } Clock;
static Clock clocks(void) { return (Clock){now(), cpu_of(getpid()), cpu_of_core(), watched ? cpu_of(watched) : 0}; }

static void tell_cpu(Clock a) {
  Clock b = clocks();
  double s = (b.at - a.at) / 1e9;
  printf("cpu       %.3f s, fan %.0f %%, core %.0f %%, server %.0f %%\n", s, 100 * (b.fan - a.fan) / s, 100 * (b.core - a.core) / s, 100 * (b.server - a.server) / s);
  fflush(stdout);
}

static int by_value(const void *a, const void *b) { uint64_t x = *(uint64_t *)a, y = *(uint64_t *)b; return x < y ? -1 : x > y; }
static int by_latency(const void *a, const void *b) { uint32_t x = *(uint64_t *)a, y = *(uint64_t *)b; return x < y ? -1 : x > y; }

// The worst 99th percentile of a room; lat is sorted by room, then by latency.
static void tell_rooms(void) {
  uint32_t worst = 0, room = 0;
  for (uint64_t from = 0, to; from < nlat; from = to) {
    for (to = from; to < nlat && lat[to] >> 32 == lat[from] >> 32; ) to++;
    uint32_t p99 = lat[from + (to - from) * 99 / 100];
    if (p99 >= worst) { worst = p99; room = lat[from] >> 32; }
  }
  printf("rooms     worst p99 %.2f ms, of room %u\n", worst / 1e3, room);
}

static void read_tokens(const char *name) {
  size_t room = 0;
  ssize_t n;
  FILE *f = fopen(name, "r");
  if (!f) die(name);
  tokens = calloc(conns, sizeof *tokens);
  for (int i = 0; i < conns; i++) {
    char *line = NULL;
    if ((n = getline(&line, &room, f)) < 0) { fprintf(stderr, "%s has %d lines, -c is %d\n", name, i, conns); exit(2); }
    line[strcspn(line, "\n")] = 0; tokens[i] = line; room = 0;
  }
  fclose(f);
}

int main(int ac, char **av) {
  int held = 0;
  const char *file = NULL;
  for (int o; (o = getopt(ac, av, "h:p:u:S:c:g:m:w:r:s:k:bi:R:P:X:eMt:N:Ky:")) != -1;) switch (o) {
    case 'h': host = optarg; break; case 'p': port = atoi(optarg); break; case 'u': path = optarg; break; case 'S': subprotocol = optarg; break;
    case 'c': conns = atoi(optarg); break; case 'g': rooms = atoi(optarg); break; case 'm': messages = atoi(optarg); break; case 'w': window = atoi(optarg); break;
    case 'r': rate = atof(optarg); break; case 's': size = atoi(optarg); break; case 'k': hold = atoi(optarg); break; case 'b': opcode = 2; break;
    case 'i': if (ninit == 8) return 2; init[ninit++] = optarg; break; case 'R': ready_text = optarg; break; case 'P': publish = optarg; break; case 'X': extra = optarg; break;
    case 'e': each = 1; break; case 'M': packed = 1; opcode = 2; break; case 't': file = optarg; break; case 'N': deaf = atoi(optarg); break;
    case 'K': held = 1; break; case 'y': watched = atoi(optarg); break;
    default: return 2;
  }
  if (conns % rooms) { fprintf(stderr, "-c must be a multiple of -g\n"); return 2; }
  if (each && messages % rooms) { fprintf(stderr, "with -e, -m must be a multiple of -g\n"); return 2; }
  if (deaf && (rooms > 1 || (messages && deaf >= conns))) { fprintf(stderr, "-N is for one room, with somebody who reads\n"); return 2; }
  if (file) read_tokens(file);
  long readers = (conns - deaf) / rooms;  // of one room
  run = now() / 1000; all = calloc(conns, sizeof *all); got = calloc(rooms, sizeof *got); ep = epoll_create1(0);
  uint64_t want = (uint64_t)messages * readers;
  caplat = want > 20000000 ? 20000000 : want; lat = malloc(8 * caplat + 8);
  Clock start = clocks();
  uint64_t t0 = start.at;
  for (int i = 0; i < conns; i++) { open_connection(i); while (i + 1 - (long)ready > 200) { turn(1000); if (now() - t0 > 120000000000ull) goto stuck; } }
  while (ready < (uint64_t)conns) { turn(100); if (now() - t0 > 120000000000ull) goto stuck; }
  uint64_t t1 = now();
  for (int i = conns - deaf; i < conns; i++) epoll_ctl(ep, EPOLL_CTL_DEL, all[i].fd, 0);
  printf("ready     %d connections in %d rooms, %.0f/s\n", conns, rooms, conns / ((t1 - t0) / 1e9)); tell_cpu(start);
  while (now() - t1 < hold * 1000000000ull) turn(100);
  if (held) { struct epoll_event e = {.events = EPOLLIN, .data.u32 = UINT32_MAX}; epoll_ctl(ep, EPOLL_CTL_ADD, 0, &e); while (!told) turn(1000); }
  start = clocks();
  uint64_t s = now(); delivered = bytes = nlat = 0; memset(got, 0, rooms * sizeof *got);
  long *sent_to = calloc(rooms, sizeof *sent_to);  // messages published, by room
  for (long sent = 0; delivered < want;) {
    if (stopped && messages > sent) { messages = sent; want = (uint64_t)sent * readers; if (delivered >= want) break; }
    if (each) {
      for (long g = 0; g < rooms; g++)
        for (; sent_to[g] < messages / rooms && sent_to[g] - (long)got[g] / readers < window; sent++) send_template(g, sent, publish), sent_to[g]++;
    } else while (sent < messages && (rate > 0 ? sent < (now() - s) / 1e9 * rate : sent - (long)delivered / readers < window)) { send_template(sent % rooms, sent, publish); sent++; }
    turn(rate > 0 && sent < messages ? 1 : 100);
    if (now() - s > 120000000000ull) { fprintf(stderr, "after 120 s: %lu of %lu delivered, %lu closed\n", delivered, want, closed); return 1; }
  }
  if (!messages) { while (held && !stopped) turn(1000); return 0; }
  double d = (now() - s) / 1e9;
  tell_cpu(start);
  qsort(lat, nlat, 8, by_value);
  if (rooms > 1) tell_rooms();
  qsort(lat, nlat, 8, by_latency);
  printf("published %.0f/s\ndelivered %.0f/s, %.0f bytes each\nlatency   p50 %.3f ms, p99 %.3f ms, max %.3f ms\nclosed    %lu\n", messages / d, delivered / d, bytes / (double)delivered,
    (uint32_t)lat[nlat / 2] / 1e3, (uint32_t)lat[nlat * 99 / 100] / 1e3, (uint32_t)lat[nlat - 1] / 1e3, closed);
  return 0;
stuck:
  fprintf(stderr, "after 120 s: %lu open, %lu ready of %d, %lu closed\n", opened, ready, conns, closed);
  return 1;
}
