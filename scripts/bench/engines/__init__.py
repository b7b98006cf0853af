"""What takes part in `rasika bench index`, each behind the same few methods."""
