"""A store that knows hashes, as far as hooks use them."""

from hubbub.roomlog.client import Store


class FakeStore(Store):
    """Keeps hashes in memory; `fault` is raised by every command once it is set."""

    def __init__(self) -> None:
        self.hashes: dict[str, dict[bytes, bytes]] = {}
        self.fault: Exception | None = None

    async def command(self, *command: str | bytes | int | float) -> object:
        """One command's reply."""
        if self.fault is not None:
            raise self.fault
        verb, key, *rest = command
        words = [word if isinstance(word, bytes) else str(word).encode() for word in rest]
        fields = self.hashes.setdefault(str(key), {})
        match verb:
            case "HLEN":
                return len(fields)
            case "HSET":
                fields[words[0]] = words[1]
                return 1
            case "HGET":
                return fields.get(words[0])
            case "HDEL":
                return int(fields.pop(words[0], None) is not None)
            case "HGETALL":
                return [part for pair in fields.items() for part in pair]
            case _:
                raise NotImplementedError(verb)
