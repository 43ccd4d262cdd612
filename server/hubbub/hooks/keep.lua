-- Writes what a webhook has come to, if the writer still holds it, and holds it for longer.
--
-- KEYS (one slot)
--   1 lease   string  who sends for the webhook; goes by itself
--   2 state   hash    the webhook: what it is, and what it has come to
-- ARGV
--   1 holder  2 ms to hold it from now on, 0 to let it go  then field, text, field, text, …; '' drops the field
-- Returns 1; 0, and nothing is written, if another one holds it, nobody does, or the webhook is gone.

if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 0 then return 0 end
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[i])
  else
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
