"""The permission language of Redis: users of its ACL, with the commands and keys that they may use."""
