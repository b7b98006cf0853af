"""`rasika train`: models that are learnt beforehand and carried by the repository."""
