"""`rasika evaluate`: the quality of search and feed, each figure beside baselines."""
