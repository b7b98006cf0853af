"""How often somebody may try: who guesses passwords, or asks which e-mails have accounts, waits.

Counted in Redis for all processes together, in this process alone while Redis is away.
"""

import hashlib
import math
import time
from collections.abc import Callable
from functools import cached_property
from ipaddress import IPv6Address, ip_network
from typing import Annotated

import redis
import structlog
from fastapi import Depends, Request
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from api.region_detection import client_address

# Many people share an address, behind a carrier's one or a school's.
LOGINS_PER_ADDRESS = RateLimitItemPerMinute(100, 5, "sign-in-address")
# A person mistypes a few times. From elsewhere he may still try when somebody here was locked out:
# no address alone comes to what an e-mail is granted an hour.
LOGINS_PER_ADDRESS_AND_EMAIL = RateLimitItemPerMinute(10, 15, "sign-in-both")
LOGINS_PER_EMAIL = RateLimitItemPerHour(50, 1, "sign-in-email")
REGISTRATIONS_PER_ADDRESS = RateLimitItemPerMinute(200, 10, "registration")
# Each tells that somebody has an account.
TAKEN_EMAILS_PER_ADDRESS = RateLimitItemPerHour(10, 1, "taken")

REDIS_RETRY_S = 10.0  # before Redis is asked again; each time it is away costs somebody seconds
KEY_BYTES = 16
IPV6_NETWORK_BITS = 64  # of one customer

log = structlog.get_logger()


class TooManyAttempts(PermissionError):
    """Somebody tries too often."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(f"too many attempts; try again in {retry_after_s} s")
        self.retry_after_s = retry_after_s


class RateLimiter:
    """Counts attempts by whom they are of, in a moving window.

    `secret` makes what is kept in Redis tell nothing of e-mails and addresses; `lost` is told when
    Redis is away.
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

    def record_attempt(self, limit: RateLimitItem, *whose: str) -> None:
        """Count an attempt.

        Raises `TooManyAttempts`, and then it is not counted.
        """
        key = self._key(whose)
        if not self._with_fallback(lambda limiter: limiter.hit(limit, key)):
            raise self._too_many_attempts(limit, key)

    def check(self, limit: RateLimitItem, *whose: str) -> None:
        """Count nothing.

        Raises `TooManyAttempts` if the next attempt would be one too many.
        """
        key = self._key(whose)
        if not self._with_fallback(lambda limiter: limiter.test(limit, key)):
            raise self._too_many_attempts(limit, key)

    def clear(self, limit: RateLimitItem, *whose: str) -> None:
        """Forget the attempts."""
        key = self._key(whose)

        def cleared(limiter: MovingWindowRateLimiter) -> bool:
            limiter.clear(limit, key)
            return True

        self._with_fallback(cleared)

    def _too_many_attempts(self, limit: RateLimitItem, key: str) -> TooManyAttempts:
        until = 0.0

        def read(limiter: MovingWindowRateLimiter) -> bool:
            nonlocal until
            until = limiter.get_window_stats(limit, key).reset_time
            return True

        self._with_fallback(read)
        return TooManyAttempts(max(1, math.ceil(until - time.time())))

    def _with_fallback(self, call: Callable[[MovingWindowRateLimiter], bool]) -> bool:
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

    def _key(self, whose: tuple[str, ...]) -> str:
        told = "\0".join(whose).encode("utf-8", "replace")
        return hashlib.blake2b(told, key=self._secret, digest_size=KEY_BYTES).hexdigest()


def rate_limit_address(request: Request) -> str:
    """Return whence a request comes, as one who pays for it: of IPv6, the network."""
    trusted = request.app.state.resources.settings.trusted_proxies
    found = client_address(request, trusted)
    if isinstance(found, IPv6Address):
        return str(ip_network((found, IPV6_NETWORK_BITS), strict=False))
    return str(found)


async def rate_limiter(request: Request) -> RateLimiter:
    """Return what counts attempts in this process."""
    found: RateLimiter = request.app.state.throttle
    return found


RateLimiterDep = Annotated[RateLimiter, Depends(rate_limiter)]
