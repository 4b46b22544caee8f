// Checks a log of burner with Go's own implementation: golang.org/x/mod/sumdb.
// Usage: main FILE.json; exit status 0 when the checkpoints, the record and the
// growth of the log hold.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type input struct {
	Key         string   // verifier key of the log
	Old, New    string   // two signed checkpoints
	OldSize     int64
	NewSize     int64
	OldRoot     string // base64, as in the checkpoints
	NewRoot     string
	Body        string // of one record
	Index       int64
	Inclusion   []string // base64
	Consistency []string
}

func main() {
	if err := check(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func check(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var in input
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	verifier, err := note.NewVerifier(in.Key)
	if err != nil {
		return err
	}
	for _, text := range []string{in.Old, in.New} {
		if _, err := note.Open([]byte(text), note.VerifierList(verifier)); err != nil {
			return err
		}
	}
	oldRoot, err := tlog.ParseHash(in.OldRoot)
	if err != nil {
		return err
	}
	newRoot, err := tlog.ParseHash(in.NewRoot)
	if err != nil {
		return err
	}
	inclusion, err := hashes(in.Inclusion)
	if err != nil {
		return err
	}
	leaf := tlog.RecordHash([]byte(in.Body))
	if err := tlog.CheckRecord(inclusion, in.NewSize, newRoot, in.Index, leaf); err != nil {
		return err
	}
	consistency, err := hashes(in.Consistency)
	if err != nil {
		return err
	}
	return tlog.CheckTree(consistency, in.NewSize, newRoot, in.OldSize, oldRoot)
}

func hashes(texts []string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}
