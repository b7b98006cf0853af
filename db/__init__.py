"""Tables, migrations and query functions: the only place where SQL lives."""
