// Package event is the language of the project: the messages that travel
// between collectors and processors, what makes them valid, and the topics
// that they travel on. It imports nothing of the project.
package event

//go:generate sh -c "cd proto && go tool -modfile=../../tools/buf/go.mod buf generate"
