"""Words for people: phrases in English and Chinese, details of errors, text from outside."""
