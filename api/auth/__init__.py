"""Who asks: accounts, sign-ins, cookies and tokens."""
