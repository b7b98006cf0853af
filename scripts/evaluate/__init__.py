"""`rasika evaluate`: how good what people get is, each figure beside baselines."""
