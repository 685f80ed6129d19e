"""What happens at each turn: take in the news, let time go on, say what has changed; without any input or output."""

from typing import Final

from stream_app.alerting.alert import Key, Message
from stream_app.alerting.book import Book
from stream_app.alerting.feed import Feed, Mark
from stream_app.alerting.hours import Hours
from stream_app.alerting.watch import Watch
from stream_app.alerting.wording import Names, Wording
from stream_app.policies.policies import Policies

REPEAT_MS: Final = 60_000
"""All that holds is told again in so long: several times before it would end by itself."""
PARTS: Final = 50
"""In so many parts: a board with thousands of alerts would stand still over all of them at once."""
LOOK_MS: Final = 100
"""For so long news of clocks may lie unread."""


class Turns:
    """Decide what to tell, and when; the same for every board that reads the same.

    Args:
        policies: Hours and limits.
        names: Who is called what.
        board: Public address of the board, "" for none.
        feed: Where changes of clocks come from.
    """

    def __init__(self, policies: Policies, names: Names, board: str, feed: Feed) -> None:
        hours, wording = Hours(policies), Wording(names, board)
        self.feed = feed
        self.watch = Watch(hours.plan, wording.promise)
        self.book = Book(self.watch, wording, hours, policies.alerts.most)
        self._whole = True
        self._live = False
        self._round = self._part = self._share = 0
        self._keys: list[Key] = []
        self._now = 0

    def turn(self, now: int, *, ready: bool) -> list[Message]:
        """Return what has changed by *now* (ms) and is to be told.

        Args:
            now: The time; an earlier one than before counts as no time.
            ready: Whether what is in the feed is everything, asked before this was called. While it is not, nothing
                new is told, and nothing ends: who was answered meanwhile is not known.
        """
        self._now = now = max(self._now, now)
        anew = self._take_in(now)
        self._live = self._live and not anew
        if anew or not ready or not self._whole or (len(self.feed) and not self._live):
            return []
        self.watch.advance(now, live=self._live)
        said = self.book.settle(now)
        # What is listed by now held already when reading began; what comes from here on is news.
        self._live = True
        return said

    def rest(self, now: int) -> int:
        """Return for how long (ms) nothing will change by itself, `LOOK_MS` at most."""
        if len(self.feed):
            return 0
        following = self.watch.next
        return LOOK_MS if following is None else max(0, min(LOOK_MS, following - now))

    def repetition(self, now: int) -> list[Message]:
        """Return what is to be told once more now: each alert once in a while, evenly, for a few cost nothing."""
        if now >= self._round + REPEAT_MS:
            self._round, self._keys = now, self.book.keys(now)[::-1]
            self._share = -(-len(self._keys) // PARTS)
            self._part = now
        if not self._keys or now < self._part:
            return []
        self._part += REPEAT_MS // PARTS
        due = [self._keys.pop() for _ in range(min(self._share, len(self._keys)))]
        return [message for key in due if (message := self.book.again(key))]

    def _take_in(self, now: int) -> bool:
        """Take in news; tell whether everything begins anew."""
        anew = False
        for news in self.feed.take():
            if news is Mark.BEGIN:
                self.watch.clear()
                anew, self._whole = True, False
            elif news is Mark.END:
                self._whole = True
            else:
                place, clock = news
                self.watch.update(place, clock, now, live=self._live and self._whole)
        return anew
