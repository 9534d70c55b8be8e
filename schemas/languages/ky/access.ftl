# Names of roles, functions and commands (A39), and what is said of a user's responsibility. One phrase, one line.

