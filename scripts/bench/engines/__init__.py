"""The engines of `rasika bench index`, all behind one interface."""
