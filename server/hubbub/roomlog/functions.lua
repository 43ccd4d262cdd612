#!lua name=hubbub_1

-- The room log inside the store: compare, number, append, publish, for a whole batch of one hub at once.
--
-- Knows keys, revisions, sequence numbers and opaque bytes. Refuses to know modes, roles and what an entry
-- says: it never decodes or encodes one, it only splices `seq` and `at` in front.
--
-- KEYS (all of one hub, so all in one slot; built by keys.py):
--   1 hub        hash   epoch, run_id, rev, created, batches (how many envelopes were published)
--   2 rooms      hash   room address -> the body it was created with
--   3 roles      hash   identity -> "<room> <body of the role entry>"
--   4 sanctions  hash   "<mute|ban> <identity>" -> "<room> <body>", of scope hub
--   5 people     hash   identity -> what was last seen of it
--   6 fence      hash   node -> "<generation> <ms of its first use>"
--   then, for each room of the call, PER_ROOM keys in the order of ROOM_KEYS.
-- ARGV
--   1            MessagePack map; its fields are named where each function reads them.
-- Every function replies with one MessagePack value.

local HUB_KEYS = 6
local ROOM_KEYS = {
  'log',       -- stream  <seq>-0 -> k kind, n messages up to here, b body
  'meta',      -- hash    epoch, run_id, seq, at, rev, messages, first, rotated; s:<field> -> body that set it
  'floor',     -- hash    identity -> body of the last floor entry about it
  'sanctions', -- hash    "<mute|ban> <identity>" -> body, of scope room
  'removed',   -- hash    seq -> what stands there instead of what was erased
  'edits',     -- hash    seq of a message -> "seq,seq,..." of its edits
  'tallies',   -- hash    seq of a message -> MessagePack {emoji = count}
  'reactors',  -- zset    "<seq>|<emoji>|<identity>" by seq
  'ids',       -- hash    "<identity>\n<id>" -> seq, since `rotated`
  'old_ids',   -- hash    the same, from before
  'spoke',     -- zset    identity by the ms of its last message, as long as slow mode could ask for it
  'ledger',    -- stream  <seq>-<n> -> k kind, b body, s salts, f state fields set; never trimmed
  'first',     -- zset    identity by the head at its first join
  'last',      -- zset    identity by the newest seq it has seen
}
local PER_ROOM = #ROOM_KEYS
local META_FIELDS = {'epoch', 'seq', 'at', 'rev', 'messages', 'first', 'rotated', 'run_id'}

local DUPLICATES_MS = 600000        -- how long an id is remembered at least (protocol, section 5)
local SLOW_MS_MAX = 86400000       -- the slowest slow mode (protocol, section 2)
local TRIM_AT_MOST = 512            -- entries dropped in one call, so that no call is long
local EMOJIS_PER_MESSAGE = 20       -- protocol, section 4
local FENCES = 64                   -- nodes remembered per hub before old ones are dropped
local FENCE_KEPT_MS = 3600000       -- far beyond the time a store can hang with a batch of a lost connection

local cached_run_id = nil           -- lives as long as the server process, which is what it names

local function run_id()
  if not cached_run_id then
    cached_run_id = redis.call('INFO', 'server'):match('run_id:(%w+)')
  end
  return cached_run_id
end

local function integer(number)
  return string.format('%d', number)
end

local function time_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function room_keys(keys, index)
  local named, base = {}, HUB_KEYS + (index - 1) * PER_ROOM
  for i, name in ipairs(ROOM_KEYS) do named[name] = keys[base + i] end
  return named
end

local function fields(flat)
  local map = {}
  for i = 1, #flat, 2 do map[flat[i]] = flat[i + 1] end
  return map
end

-- Envelopes are numbered, so that who missed one, or hears nothing any more, can tell.
local function publish(keys, call, sections)
  local number = redis.call('HINCRBY', keys[1], 'batches', 1)
  redis.call('SPUBLISH', call.channel, cmsgpack.pack({'log', number, sections}))
end

-- A revision names the epoch too, so that it can be compared as it is.
local function with_revision(owner)
  owner.revision = owner.epoch .. ' ' .. integer(owner.rev)
  return owner
end

local function raise_revision(owner)
  owner.rev = owner.rev + 1
  with_revision(owner)
end

-- The hub, its epoch renewed if the store may have lost its tail; nil if there is none.
local function touch_hub(keys, call)
  local f = redis.call('HMGET', keys[1], 'epoch', 'run_id', 'rev')
  if not f[1] then
    if redis.call('EXISTS', keys[2]) == 0 then return nil end
    f = {call.bits, run_id(), '1'}
    redis.call('HSET', keys[1], 'epoch', f[1], 'run_id', f[2], 'rev', f[3])
  elseif not call.lossless and f[2] ~= run_id() then
    f[1], f[3] = call.bits, integer(tonumber(f[3]) + 1)
    redis.call('HSET', keys[1], 'epoch', f[1], 'run_id', run_id(), 'rev', f[3])
  end
  return with_revision({epoch = f[1], rev = tonumber(f[3])})
end

-- Fills a lost meta hash again from the log, the ledger and what the room was created with.
local function rebuild(k, created)
  local newest = redis.call('XREVRANGE', k.log, '+', '-', 'COUNT', 1)[1]
  local oldest = redis.call('XRANGE', k.log, '-', '+', 'COUNT', 1)[1]
  local seq, at, messages, first = '0', '0', '0', '1'
  if newest then
    seq, messages = newest[1]:match('^%d+'), fields(newest[2]).n
    at = fields(newest[2]).b:match('^{"seq":%d+,"at":(%d+)')
    first = oldest[1]:match('^%d+')
  end
  local told = redis.call('XREVRANGE', k.ledger, '+', '-', 'COUNT', 1)[1]
  if told and tonumber(told[1]:match('^%d+')) > tonumber(seq) then  -- the log itself was lost
    seq = told[1]:match('^%d+')
    first = integer(tonumber(seq) + 1)
  end
  redis.call('HSET', k.meta, 'seq', seq, 'at', at, 'rev', '1', 'messages', messages, 'first', first,
    'rotated', integer(time_ms()), 's:created', created)
  for _, item in ipairs(redis.call('XRANGE', k.ledger, '-', '+')) do
    local f = fields(item[2])
    for name in (f.f or ''):gmatch('%S+') do redis.call('HSET', k.meta, 's:' .. name, f.b) end
  end
end

-- A new epoch: the store may have lost the newest entries, what survived is kept and numbering goes on.
local function renew(keys, k, call, room, previous)
  local seq, rev = unpack(redis.call('HMGET', k.meta, 'seq', 'rev'))
  rev = integer(tonumber(rev) + 1)
  redis.call('HSET', k.meta, 'epoch', call.bits, 'run_id', run_id(), 'rev', rev)
  for _, zset in ipairs({k.last, k.first}) do
    for _, identity in ipairs(redis.call('ZRANGEBYSCORE', zset, '(' .. seq, '+inf')) do
      redis.call('ZADD', zset, seq, identity)
    end
  end
  redis.call('XADD', k.ledger, seq .. '-*', 'k', 'epoch', 'b',
    '{"kind":"epoch","epoch":"' .. call.bits .. '","previous":"' .. (previous or '') .. '","last_seq":' .. seq .. '}')
  publish(keys, call, {{room, call.bits, tonumber(seq) + 1, call.bits .. ' ' .. rev, '', 0, {}, {}}})
end

-- A room's numbers as they are now, its epoch renewed if need be; nil if there is no such room.
local function touch_room(keys, call, index)
  local k, room = room_keys(keys, index), call.rooms[index]
  local f = redis.call('HMGET', k.meta, unpack(META_FIELDS))
  if not f[1] then
    local created = redis.call('HGET', keys[2], room)
    if not created then return nil end
    rebuild(k, created)
    renew(keys, k, call, room, nil)
    f = redis.call('HMGET', k.meta, unpack(META_FIELDS))
  elseif not call.lossless and f[8] ~= run_id() then
    renew(keys, k, call, room, f[1])
    f = redis.call('HMGET', k.meta, unpack(META_FIELDS))
  end
  return with_revision({
    name = room, keys = k, epoch = f[1], seq = tonumber(f[2]), at = tonumber(f[3]), rev = tonumber(f[4]),
    messages = tonumber(f[5]), first = tonumber(f[6]), rotated = tonumber(f[7]),
    -- the working copy on which a batch is planned
    ids = {}, live = {}, edits = {}, floor = {}, reactors = {}, tallies = {}, spoke = {}, stale = {}, accepted = {},
  })
end

-- Planning: each reads through the working copy, so that item k is judged on what 1..k-1 leave -------------

-- Looks up the ids of a batch in as few commands as it can: two a room.
local function look_up_ids(state, items)
  local asked = {}
  for _, item in ipairs(items) do
    local index = item.room
    item.key = item.author .. '\n' .. item.id
    if state.rooms[index] then
      asked[index] = asked[index] or {}
      table.insert(asked[index], item.key)
    end
  end
  for index, ids in pairs(asked) do
    local room = state.rooms[index]
    for _, key in ipairs({room.keys.old_ids, room.keys.ids}) do
      for i, seq in ipairs(redis.call('HMGET', key, unpack(ids))) do
        if seq then room.ids[ids[i]] = seq end
      end
    end
  end
end

local function is_live(room, seq)
  if room.live[seq] == nil then
    local found = redis.call('XRANGE', room.keys.log, integer(seq), integer(seq))[1]
    room.live[seq] = found ~= nil and fields(found[2]).k == 'message'
  end
  return room.live[seq]
end

local function through(room, overlay, key, field)
  if room[overlay][field] == nil then
    room[overlay][field] = redis.call('HGET', room.keys[key], field) or ''
  end
  return room[overlay][field]
end

local function tally(room, target)
  if not room.tallies[target] then
    local packed = redis.call('HGET', room.keys.tallies, target)
    room.tallies[target] = packed and cmsgpack.unpack(packed) or {}
  end
  return room.tallies[target]
end

local function has_reacted(room, member)
  if room.reactors[member] == nil then
    room.reactors[member] = redis.call('ZSCORE', room.keys.reactors, member) ~= false
  end
  return room.reactors[member]
end

local function reaction_refusal(room, item)
  local react, member = item.react, item.react.target .. '|' .. item.react.emoji .. '|' .. item.author
  if has_reacted(room, member) == react.on then return 'no_change' end
  local counts, different = tally(room, react.target), 0
  for _ in pairs(counts) do different = different + 1 end
  if react.on and not counts[react.emoji] and different >= EMOJIS_PER_MESSAGE then return 'too_large' end
  return nil
end

local function slow_retry_ms(room, item, now)
  if not item.slow_ms then return nil end
  local last = room.spoke[item.author] or tonumber(redis.call('ZSCORE', room.keys.spoke, item.author) or '0')
  local wait = last + item.slow_ms - now
  return wait > 0 and wait or nil
end

local function is_stale(state, room, item)
  if room.stale[item.author] or item.hub_rev ~= state.hub.revision then return true end
  for _, guard in ipairs(item.guards) do
    local other = state.rooms[guard[1]]
    if not other or other.revision ~= guard[2] then return true end
  end
  if (item.from and state.now < item.from) or (item.to and state.now >= item.to) then return true end
  if item.erase and through(room, 'edits', 'edits', item.edits[1]) ~= item.edits[2] then return true end
  return item.floor ~= nil and through(room, 'floor', 'floor', item.floor[1]) ~= item.floor[2]
end

local function accept(state, room, item)
  if #room.accepted == 0 then
    room.at = math.max(state.now, room.at)
    room.stamp = ',"at":' .. integer(room.at) .. ','
  end
  room.seq = room.seq + 1
  local seq = integer(room.seq)
  item.seq, item.body = seq, '{"seq":' .. seq .. room.stamp .. item.rest
  if item.kind == 'message' then room.messages, room.live[room.seq] = room.messages + 1, true end
  item.messages = room.messages
  if item.raise == 'room' then raise_revision(room) end
  if item.raise == 'hub' then raise_revision(state.hub) end
  room.ids[item.key] = seq
  if item.kind == 'message' then room.spoke[item.author] = state.now end
  if item.edits then
    local known = through(room, 'edits', 'edits', item.edits[1])
    room.edits[item.edits[1]] = item.kind == 'edit' and (known == '' and seq or known .. ',' .. seq) or ''
  end
  if item.floor then room.floor[item.floor[1]] = item.body end
  if item.erase then
    for _, erased in ipairs(item.erase) do room.live[erased[1]] = false end
  end
  if item.react then
    local react, counts = item.react, tally(room, item.react.target)
    room.reactors[react.target .. '|' .. react.emoji .. '|' .. item.author] = react.on
    local count = (counts[react.emoji] or 0) + (react.on and 1 or -1)
    counts[react.emoji] = count > 0 and count or nil
  end
  room.accepted[#room.accepted + 1] = item
  return {'ok', room.seq}
end

-- One item's answer: {status, seq or ms}. Duplicates come before everything that depends on state.
local function plan(state, item)
  local room = state.rooms[item.room]
  if not room or not state.hub then return {'unknown_room', 0} end
  local known = room.ids[item.key]
  if known then return {'duplicate', tonumber(known)} end
  if is_stale(state, room, item) then
    room.stale[item.author] = true  -- what they sent after it keeps its place behind it
    return {'stale', 0}
  end
  if not item.kind then return {'confirmed', 0} end
  if item.live then
    for _, live in ipairs(item.live) do
      if not is_live(state.rooms[live[1]], live[2]) then return {'unknown_entry', 0} end
    end
  end
  if item.react then
    local refused = reaction_refusal(room, item)
    if refused then return {refused, 0} end
  end
  local wait = slow_retry_ms(room, item, state.now)
  if wait then return {'slow_mode', wait} end
  return accept(state, room, item)
end

-- Writing: nothing below here decides, and nothing below here can fail --------------------------------------

-- Ids and speakers are forgotten when nothing can ask for them any more.
local function forget_old(room, now)
  local age, k = now - room.rotated, room.keys
  if age < DUPLICATES_MS then return end
  if age >= 2 * DUPLICATES_MS or redis.call('EXISTS', k.ids) == 0 then
    redis.call('UNLINK', k.ids, k.old_ids)
  else
    redis.call('RENAME', k.ids, k.old_ids)
  end
  redis.call('HSET', k.meta, 'rotated', integer(now))
  redis.call('ZREMRANGEBYSCORE', k.spoke, '-inf', integer(now - SLOW_MS_MAX))
end

local function write_state(keys, room, item)
  local k = room.keys
  local where = {
    meta = k.meta, floor = k.floor, sanctions = k.sanctions, roles = keys[3], hub_sanctions = keys[4],
  }
  for _, set in ipairs(item.sets or {}) do
    local is_hubs = set[1] == 'roles' or set[1] == 'hub_sanctions'
    local field = set[1] == 'meta' and 's:' .. set[2] or set[2]
    redis.call('HSET', where[set[1]], field, is_hubs and (room.name .. ' ' .. item.body) or item.body)
  end
  for _, gone in ipairs(item.dels or {}) do
    redis.call('HDEL', where[gone[1]], gone[1] == 'meta' and 's:' .. gone[2] or gone[2])
  end
  if item.drops_floor then redis.call('UNLINK', k.floor) end
end

local function write_reaction(room, item)
  local k, react = room.keys, item.react
  local member, counts = react.target .. '|' .. react.emoji .. '|' .. item.author, room.tallies[react.target]
  if react.on then
    redis.call('ZADD', k.reactors, react.target, member)
  else
    redis.call('ZREM', k.reactors, member)
  end
  if next(counts) then
    redis.call('HSET', k.tallies, react.target, cmsgpack.pack(counts))
  else
    redis.call('HDEL', k.tallies, react.target)
  end
end

local function erase(room, item)
  local k = room.keys
  for _, erased in ipairs(item.erase) do
    local seq = integer(erased[1])
    redis.call('XDEL', k.log, seq .. '-0')
    redis.call('HSET', k.removed, seq, erased[2])
    redis.call('HDEL', k.edits, seq)
    redis.call('HDEL', k.tallies, seq)
    redis.call('ZREMRANGEBYSCORE', k.reactors, seq, seq)
  end
end

local function write_item(keys, room, item)
  local k = room.keys
  redis.call('XADD', k.log, item.seq .. '-0', 'k', item.kind, 'n', integer(item.messages), 'b', item.body)
  if item.salts then
    redis.call('XADD', k.ledger, item.seq .. '-0', 'k', item.kind, 'b', item.body, 's', item.salts,
      'f', item.state_fields or '')
  end
  if item.kind == 'edit' then redis.call('HSET', k.edits, item.edits[1], room.edits[item.edits[1]]) end
  if item.react then write_reaction(room, item) end
  if item.erase then erase(room, item) end
  if item.sets or item.dels or item.drops_floor then write_state(keys, room, item) end
end

local function is_kept(room, entry, call, now)
  local seq, f = tonumber(entry[1]:match('^%d+')), fields(entry[2])
  return room.messages - tonumber(f.n) < call.retain_messages and room.seq - seq < call.retain_entries
    and tonumber(f.b:match('^{"seq":%d+,"at":(%d+)')) >= now - call.retain_ms
end

local function oldest_from(k, seq)
  return redis.call('XRANGE', k.log, integer(seq), '+', 'COUNT', 1)[1]
end

-- The first seq that is kept, TRIM_AT_MOST beyond the first at most: halving, for what is kept is the newer part.
local function first_kept(room, call, now)
  local gone, kept = room.first, math.min(room.first + TRIM_AT_MOST, room.seq + 1)
  while kept - gone > 1 do
    local middle = math.floor((gone + kept) / 2)
    local entry = oldest_from(room.keys, middle)
    if entry and not is_kept(room, entry, call, now) then
      gone = math.min(tonumber(entry[1]:match('^%d+')), kept - 1)
    else
      kept = middle
    end
  end
  return kept
end

-- Drops what is beyond the retention, a bounded number at a time; the next call goes on.
local function trim(room, call, now)
  local k, oldest = room.keys, oldest_from(room.keys, room.first)
  if not oldest or is_kept(room, oldest, call, now) then return end
  local cut = first_kept(room, call, now)
  redis.call('XTRIM', k.log, 'MINID', integer(cut) .. '-0')
  local gone = {}
  for seq = room.first, cut - 1 do table.insert(gone, integer(seq)) end
  for _, hash in ipairs({k.removed, k.edits, k.tallies}) do
    if redis.call('EXISTS', hash) == 1 then redis.call('HDEL', hash, unpack(gone)) end
  end
  redis.call('ZREMRANGEBYSCORE', k.reactors, '-inf', '(' .. integer(cut))
  redis.call('HSET', k.meta, 'first', integer(cut))
  room.first = cut
end

local function write_room(keys, call, room, now)
  forget_old(room, now)
  local ids, spoke = {}, {}
  for _, item in ipairs(room.accepted) do
    write_item(keys, room, item)
    ids[#ids + 1] = item.key
    ids[#ids + 1] = item.seq
  end
  for author, at in pairs(room.spoke) do
    table.insert(spoke, integer(at))
    table.insert(spoke, author)
  end
  redis.call('HSET', room.keys.ids, unpack(ids))
  if #spoke > 0 then redis.call('ZADD', room.keys.spoke, unpack(spoke)) end
  redis.call('HSET', room.keys.meta, 'seq', integer(room.seq), 'at', integer(room.at),
    'rev', integer(room.rev), 'messages', integer(room.messages))
  trim(room, call, now)
end

local function section(room, hub)
  local kinds, bodies = {}, {}
  for i, item in ipairs(room.accepted) do kinds[i], bodies[i] = item.kind, item.body end
  return {
    room.name, room.epoch, room.seq - #bodies + 1, room.revision, hub.revision, room.messages, kinds, bodies,
  }
end

-- True if the node has begun a later generation: what a hung store executes late must not overtake.
local function is_fenced(keys, call, now)
  local known = redis.call('HGET', keys[6], call.node)
  local generation = known and tonumber(known:match('^%d+')) or 0
  if generation > call.generation then return true end
  if generation < call.generation then
    if not known and redis.call('HLEN', keys[6]) >= FENCES then
      local all = redis.call('HGETALL', keys[6])
      for i = 1, #all, 2 do
        if tonumber(all[i + 1]:match('%d+$')) < now - FENCE_KEPT_MS then redis.call('HDEL', keys[6], all[i]) end
      end
    end
    redis.call('HSET', keys[6], call.node, integer(call.generation) .. ' ' .. integer(now))
  end
  return false
end

-- Every call has {rooms = {address, ...}, bits, lossless, channel, retain_messages, retain_entries, retain_ms}, and:

-- append: {node, generation, items = {{room = index, author, id, guards = {{index, revision}, ...}, hub_rev,
--   from?, to?, kind?, rest, live? = {{index, seq}, ...}, edits? = {seq, known}, floor? = {identity, known},
--   react? = {target, emoji, on}, slow_ms?, raise?, sets?, dels?, drops_floor?, erase? = {{seq, instead}, ...},
--   salts?, state_fields?}, ...}}
-- An item without `kind` is a refusal to be confirmed. Reply: {now, answers, rooms = {{epoch, seq}, ...},
-- sections as published}.
local function append(keys, args)
  local call, now = cmsgpack.unpack(args[1]), time_ms()
  if is_fenced(keys, call, now) then return cmsgpack.pack({fenced = true}) end
  local state = {now = now, hub = touch_hub(keys, call), rooms = {}}
  for index in ipairs(call.rooms) do state.rooms[index] = touch_room(keys, call, index) or false end
  local answers, sections, rooms = {}, {}, {}
  look_up_ids(state, call.items)
  for n, item in ipairs(call.items) do answers[n] = plan(state, item) end
  for index, room in ipairs(state.rooms) do
    if room and #room.accepted > 0 then
      write_room(keys, call, room, now)
      table.insert(sections, section(room, state.hub))
    end
    rooms[index] = room and {room.epoch, room.seq} or {'', 0}
  end
  if #sections > 0 then
    redis.call('HSET', keys[1], 'rev', integer(state.hub.rev))
    publish(keys, call, sections)
  end
  return cmsgpack.pack({now = now, answers = answers, rooms = rooms, sections = sections})
end

-- Reading -----------------------------------------------------------------------------------------------

-- The bodies that stand at `from`..`to`, erased ones by what stands there instead; {{seq, kind, body}, ...}.
local function raw(k, from, to)
  local stands, holes = {}, {}
  local found = redis.call('XRANGE', k.log, integer(from), integer(to))
  local expected = from
  local function fill(upto)
    for seq = expected, upto do table.insert(holes, integer(seq)) end
  end
  for _, entry in ipairs(found) do
    local seq, f = tonumber(entry[1]:match('^%d+')), fields(entry[2])
    fill(seq - 1)
    expected = seq + 1
    table.insert(stands, {seq, f.k, f.b})
  end
  fill(to)
  if #holes > 0 then
    for i, instead in ipairs(redis.call('HMGET', k.removed, unpack(holes))) do
      if instead then table.insert(stands, {tonumber(holes[i]), 'removed', instead}) end
    end
    table.sort(stands, function(a, b) return a[1] < b[1] end)
  end
  return stands
end

-- As many of the entries as `bytes` hold, at least one: the newest, or the oldest.
local function within(stands, bytes, is_newest)
  local kept, left = {}, bytes
  for n = 1, #stands do
    local stand = stands[is_newest and #stands - n + 1 or n]
    left = left - #stand[3]
    if left < 0 and n > 1 then break end
    table.insert(kept, is_newest and 1 or n, stand)
  end
  return kept
end

local function numbers(room, hub, now)
  return {
    now = now, epoch = room.epoch, seq = room.seq, first = room.first, rev = room.revision,
    hub_rev = hub.revision, messages = room.messages,
  }
end

-- What every look at one room begins with: the call, the room if there is one, and the reply with its numbers.
local function looked_at(keys, args)
  local call, now = cmsgpack.unpack(args[1]), time_ms()
  local hub = touch_hub(keys, call)
  local room = hub and touch_room(keys, call, 1)
  if not room then return call, nil, {missing = true} end
  trim(room, call, now)
  return call, room, numbers(room, hub, now)
end

-- read: {after?, newest?, state?, most, bytes}
-- Reply: numbers, and `entries` raw, `from` on: those after `after`, or the `newest` so many; at most `most` and
-- `bytes`; with `state`, the fields of meta, floor and sanctions as flat lists.
local function read(keys, args)
  local call, room, reply = looked_at(keys, args)
  if not room then return cmsgpack.pack(reply) end
  local k = room.keys
  local from = math.max(call.after and call.after + 1 or room.seq - call.newest + 1, room.first)
  local to = math.min(room.seq, from + call.most - 1)
  reply.entries = to >= from and within(raw(k, from, to), call.bytes, not call.after) or {}
  reply.from = reply.entries[1] and reply.entries[1][1] or from
  if call.state then
    reply.meta, reply.floor = redis.call('HGETALL', k.meta), redis.call('HGETALL', k.floor)
    reply.sanctions = redis.call('HGETALL', k.sanctions)
  end
  return cmsgpack.pack(reply)
end

local function fold_onto(k, stands)
  local seqs = {}
  for i, s in ipairs(stands) do seqs[i] = integer(s[1]) end
  if #seqs == 0 then return end
  local edits, tallies = redis.call('HMGET', k.edits, unpack(seqs)), redis.call('HMGET', k.tallies, unpack(seqs))
  for i, s in ipairs(stands) do
    if s[2] == 'message' then
      local newest = edits[i] and edits[i]:match('(%d+)$')
      local edit = newest and redis.call('XRANGE', k.log, newest, newest)[1]
      s[4], s[5] = edit and fields(edit[2]).b or '', tallies[i] or ''
    end
  end
end

-- page: {before?, after?, limit, bytes}
-- Reply: numbers, `more`, and `entries` folded: {seq, kind, body, newest edit or '', tally or ''} for messages.
local function page(keys, args)
  local call, room, reply = looked_at(keys, args)
  if not room then return cmsgpack.pack(reply) end
  local k = room.keys
  local from, to
  if call.after then
    from = math.max(call.after + 1, room.first)
    to = math.min(from + call.limit - 1, room.seq)
    reply.more = to < room.seq
  else
    to = math.min((call.before or room.seq + 1) - 1, room.seq)
    from = math.max(to - call.limit + 1, room.first)
    reply.more = from > room.first and to >= from
  end
  local stands = to >= from and raw(k, from, to) or {}
  reply.entries = within(stands, call.bytes, not call.after)
  reply.more = reply.more or #reply.entries < #stands
  fold_onto(k, reply.entries)
  return cmsgpack.pack(reply)
end

-- glance: {identity?}
-- Reply: numbers, `meta` as a flat list; of the identity `seen`, `unread` (messages after it) and the body of its `ban`.
local function glance(keys, args)
  local call, room, reply = looked_at(keys, args)
  if not room then return cmsgpack.pack(reply) end
  local k = room.keys
  local seen = call.identity and redis.call('ZSCORE', k.last, call.identity)
  -- counted from the next entry that is there: the one that was seen last may have been removed since
  local unseen = redis.call('XRANGE', k.log, seen and '(' .. seen or '-', '+', 'COUNT', 1)[1]
  local f = unseen and fields(unseen[2])
  reply.seen = seen and tonumber(seen) or nil
  reply.ban = call.identity and redis.call('HGET', k.sanctions, 'ban ' .. call.identity) or nil
  reply.unread = f and room.messages - tonumber(f.n) + (f.k == 'message' and 1 or 0) or 0
  reply.meta = redis.call('HGETALL', k.meta)
  return cmsgpack.pack(reply)
end

-- hub: {state?}
-- Reply: now, hub_rev, batches, rooms; with `state`, roles and sanctions as flat lists.
local function hub_state(keys, args)
  local call = cmsgpack.unpack(args[1])
  local hub = touch_hub(keys, call)
  if not hub then return cmsgpack.pack({missing = true}) end
  return cmsgpack.pack({
    now = time_ms(), hub_rev = hub.revision, rooms = redis.call('HKEYS', keys[2]),
    batches = tonumber(redis.call('HGET', keys[1], 'batches') or '0'),
    roles = call.state and redis.call('HGETALL', keys[3]), sanctions = call.state and redis.call('HGETALL', keys[4]),
  })
end

-- create: {hub_body?, room_body?, owners = {{identity, body}, ...}}
-- Makes the hub, if `hub_body` is given, and the room, if one is; never twice. Reply: {made = true or false, now}.
local function create(keys, args)
  local call, now = cmsgpack.unpack(args[1]), time_ms()
  local function stamped(rest) return '{"seq":0,"at":' .. integer(now) .. ',' .. rest end
  if call.hub_body then
    if redis.call('HSETNX', keys[1], 'created', stamped(call.hub_body)) == 0 then
      return cmsgpack.pack({made = false, now = now})
    end
    redis.call('HSET', keys[1], 'epoch', call.bits, 'run_id', run_id(), 'rev', '1')
    for _, owner in ipairs(call.owners) do redis.call('HSET', keys[3], owner[1], '- ' .. stamped(owner[2])) end
  end
  if call.room_body then
    if redis.call('EXISTS', keys[1]) == 0 then return cmsgpack.pack({missing = true, now = now}) end
    local room, k, body = call.rooms[1], room_keys(keys, 1), stamped(call.room_body)
    if redis.call('HSETNX', keys[2], room, body) == 0 then return cmsgpack.pack({made = false, now = now}) end
    redis.call('HSET', k.meta, 'epoch', call.bits, 'run_id', run_id(), 'seq', '0', 'at', integer(now),
      'rev', '1', 'messages', '0', 'first', '1', 'rotated', integer(now), 's:created', body)
    redis.call('HINCRBY', keys[1], 'rev', 1)  -- who has not heard of the room decides without it
    redis.call('SPUBLISH', call.channel, cmsgpack.pack({'made', room}))
  end
  return cmsgpack.pack({made = true, now = now})
end

-- seen: {moves = {{room index, identity, first, seq}, ...}}
-- Raises what identities have seen; never lowers it, never beyond the head. Reply: now.
local function seen(keys, args)
  local call = cmsgpack.unpack(args[1])
  local rooms = {}
  for index in ipairs(call.rooms) do rooms[index] = touch_room(keys, call, index) or false end
  for _, move in ipairs(call.moves) do
    local room = rooms[move[1]]
    local seq = room and math.min(move[4], room.seq) or 0
    if room and seq >= math.min(move[3], room.seq) then
      redis.call('ZADD', room.keys.first, 'NX', integer(math.min(move[3], room.seq)), move[2])
      redis.call('ZADD', room.keys.last, 'GT', integer(seq), move[2])
    end
  end
  return cmsgpack.pack({now = time_ms()})
end

redis.register_function('hubbub_1_append', append)
redis.register_function('hubbub_1_read', read)
redis.register_function('hubbub_1_page', page)
redis.register_function('hubbub_1_glance', glance)
redis.register_function('hubbub_1_hub', hub_state)
redis.register_function('hubbub_1_create', create)
redis.register_function('hubbub_1_seen', seen)
