"""A browser that comes with the cookie of somebody who signed in before."""

from __future__ import annotations

import time

import jwt
from playwright.sync_api import BrowserContext

from core.people.accounts import Accounts
from web.cookie import COOKIE

PASSWORD = "four calm yellow daisies"
"""The password of the admin whose cookie it is."""


def let_in(context: BrowserContext, accounts: Accounts, url: str) -> None:
    """Sign the admin in to the pages at this address."""
    expires_at = time.time() + 3600
    accounts.open_sign_in(accounts.sign_in("admin", PASSWORD, address="here"), expires_at)
    claims = {"username": "admin", "exp_date": expires_at}
    cookie = jwt.encode(claims, accounts.cookie_key(), algorithm="HS256")
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
