"""The peers' servers. They run under the interpreter that has them, and import nothing of Kefu's but the engine."""
