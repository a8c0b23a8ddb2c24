package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

const (
	envPrefix = "TIDEMARK_"
	// EnvConfig names the file; all other variables are settings.
	EnvConfig = envPrefix + "CONFIG"
)

// setting is one place of the configuration that a variable can set.
type setting struct {
	path string
	v    reflect.Value
}

// applyEnv lays TIDEMARK_* variables over c. Each sets one thing; lists of
// words are separated by commas. A name that is not known is refused: a typing
// error there would go unnoticed for months.
func applyEnv(c *Config, environ []string, where map[string]string) []Problem {
	settings := settingsOf("", reflect.ValueOf(c).Elem())
	var problems []Problem
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || name == EnvConfig {
			continue
		}
		s, ok := settings[name]
		if !ok {
			problems = append(problems, Problem{Where: name, Text: "is no setting" + didYouMean(name, keysOf(settings))})
			continue
		}
		where[s.path] = name
		if err := setVariable(s.v, text); err != nil {
			problems = append(problems, Problem{Where: name, Path: s.path, Text: err.Error()})
		}
	}
	return problems
}

// CheckNames refuses TIDEMARK_* variables that nobody understands, for a
// command that reads no configuration.
func CheckNames(environ []string) error {
	var problems []Problem
	for _, p := range applyEnv(&Config{}, environ, map[string]string{}) {
		if p.Path == "" {
			problems = append(problems, p)
		}
	}
	if len(problems) > 0 {
		return invalid(problems)
	}
	return nil
}

func setVariable(v reflect.Value, text string) error {
	if v.Kind() != reflect.Slice {
		return setText(v, text)
	}
	list := reflect.MakeSlice(v.Type(), 0, 0)
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			list = reflect.Append(list, reflect.ValueOf(item))
		}
	}
	v.Set(list)
	return nil
}

// settingsOf returns what can be set by a variable, by the variable's name.
// Maps and lists of blocks cannot: they belong into a file.
func settingsOf(path string, v reflect.Value) map[string]setting {
	settings := make(map[string]setting)
	for key, f := range fieldsOf(v) {
		at := join(path, key)
		switch {
		case isText(f):
			settings[variable(at)] = setting{path: at, v: f}
		case f.Kind() == reflect.Struct:
			maps.Copy(settings, settingsOf(at, f))
		case f.Kind() == reflect.Map, f.Kind() == reflect.Slice && f.Type().Elem().Kind() != reflect.String:
		default:
			settings[variable(at)] = setting{path: at, v: f}
		}
	}
	return settings
}

func variable(path string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

// Variables returns every variable that is understood, with the setting that
// it sets.
func Variables() map[string]string {
	names := map[string]string{}
	for name, s := range settingsOf("", reflect.ValueOf(&Config{}).Elem()) {
		names[name] = s.path
	}
	return names
}

func keysOf[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
