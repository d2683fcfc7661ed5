"""A Lambda function as its callers get it. An environment may have several: a part is told which by `of`."""
