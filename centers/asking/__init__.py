"""The yearly question: who is asked when, the mails that carry it, and the links in them."""
