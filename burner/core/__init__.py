"""What everything else is built of: error codes, the nouns, secrets, YAML, words for people."""
