"""Limits on logins and registrations, against guessing passwords and probing for accounts.

Counted in Redis for all processes together, and in this process alone while Redis is away.
"""

import hashlib
import math
import time
from collections.abc import Callable
from functools import cached_property
from ipaddress import IPv6Address, ip_network
from typing import TypeVar

import redis
import structlog
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from api.client_address import IpAddress

# Many people share an address, behind a carrier's or a school's network.
LOGINS_PER_ADDRESS = RateLimitItemPerMinute(100, 5, "sign-in-address")
# For typing errors. One address alone cannot use up the limit of an e-mail, so its owner can still
# sign in from elsewhere.
LOGINS_PER_ADDRESS_AND_EMAIL = RateLimitItemPerMinute(10, 15, "sign-in-both")
LOGINS_PER_EMAIL = RateLimitItemPerHour(50, 1, "sign-in-email")
REGISTRATIONS_PER_ADDRESS = RateLimitItemPerMinute(200, 10, "registration")
# Each answer reveals that an account exists.
TAKEN_EMAILS_PER_ADDRESS = RateLimitItemPerHour(10, 1, "taken")

REDIS_RETRY_S = 10.0  # while Redis is away every try costs a request seconds
KEY_BYTES = 16
IPV6_NETWORK_BITS = 64

Result = TypeVar("Result")

log = structlog.get_logger()


class TooManyAttempts(PermissionError):
    """A limit is reached."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts; try again in {_format_wait(retry_after_s)}")
        self.retry_after_s = retry_after_s


class RateLimiter:
    """Counts attempts in a moving window.

    Keys are hashed with the secret, so that Redis holds no e-mails or addresses. `on_fallback` is
    called when Redis is away.
    """

    def __init__(
        self,
        client: "redis.Redis",
        *,
        secret: Callable[[], bytes],
        on_fallback: Callable[[], object],
    ) -> None:
        storage = RedisStorage(
            "redis://", connection_pool=client.connection_pool, key_prefix="rasika:throttle"
        )
        self._redis_limiter = MovingWindowRateLimiter(storage)
        self._redis_retry_at = 0.0  # monotonic seconds
        self._get_secret = secret
        self._on_fallback = on_fallback

    def record_attempt(self, limit: RateLimitItem, *subject: str) -> None:
        """Count an attempt.

        Raises `TooManyAttempts` at the limit, and does not count it then.
        """
        key = self._key(subject)
        if not self._with_fallback(lambda limiter: limiter.hit(limit, key)):
            raise self._too_many_attempts(limit, key)

    def check(self, limit: RateLimitItem, *subject: str) -> None:
        """Check the limit without counting an attempt.

        Raises `TooManyAttempts`.
        """
        key = self._key(subject)
        if not self._with_fallback(lambda limiter: limiter.test(limit, key)):
            raise self._too_many_attempts(limit, key)

    def clear(self, limit: RateLimitItem, *subject: str) -> None:
        """Forget the attempts."""
        key = self._key(subject)

        self._with_fallback(lambda limiter: limiter.clear(limit, key))

    def _too_many_attempts(self, limit: RateLimitItem, key: str) -> TooManyAttempts:
        window = self._with_fallback(lambda limiter: limiter.get_window_stats(limit, key))
        return TooManyAttempts(max(1, math.ceil(window.reset_time - time.time())))

    def _with_fallback(self, call: Callable[[MovingWindowRateLimiter], Result]) -> Result:
        if time.monotonic() >= self._redis_retry_at:
            try:
                return call(self._redis_limiter)
            except redis.RedisError as error:
                self._redis_retry_at = time.monotonic() + REDIS_RETRY_S
                log.warning("throttle_alone", error=str(error), for_s=REDIS_RETRY_S)
        self._on_fallback()
        return call(self._local_limiter)

    @cached_property
    def _local_limiter(self) -> MovingWindowRateLimiter:
        return MovingWindowRateLimiter(MemoryStorage())

    @cached_property
    def _secret(self) -> bytes:
        return hashlib.sha256(self._get_secret()).digest()

    def _key(self, subject: tuple[str, ...]) -> str:
        text = "\0".join(subject).encode("utf-8", "replace")
        return hashlib.blake2b(text, key=self._secret, digest_size=KEY_BYTES).hexdigest()


def rate_limit_key(address: IpAddress | None) -> str:
    """Return what an address is counted as; for IPv6, its network, which one customer has."""
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)


def _format_wait(seconds: int) -> str:
    """Return a duration in words, in whole minutes from one minute on.

    >>> _format_wait(1), _format_wait(887)
    ('1 second', '15 minutes')
    """
    count, unit = (math.ceil(seconds / 60), "minute") if seconds >= 60 else (seconds, "second")
    return f"{count} {unit}{'' if count == 1 else 's'}"
