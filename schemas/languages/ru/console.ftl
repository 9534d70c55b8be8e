# What the pages for people say. One phrase, one line.

