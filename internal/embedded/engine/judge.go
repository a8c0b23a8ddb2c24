package engine

import (
	"maps"
	"strings"
)

// allowed tells whether the user may send such a statement at all: the engine
// itself lets more pass than a server. Of a reader's statement it takes the
// SETTINGS clause at the end, if there is nothing in it but what they may set.
func allowed(req *request, st *statement) error {
	if !req.readOnly && req.user != analyst {
		return nil
	}
	if st.insert != nil || !streams(st.verb) {
		if st.insert == nil && slip(st.verb) {
			return errSlip(st.text)
		}
		if req.user == analyst {
			return errReadonly()
		}
		return exceptionf(codeReadonly, "Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries")
	}
	if req.user != analyst {
		return nil
	}
	j := &judge{lex: &lexer{text: st.text}, req: req}
	for {
		t := j.lex.next()
		if t.kind == kindEnd || t.kind == kindOpen {
			break
		}
		j.tokens = append(j.tokens, t)
	}
	return j.judge(st)
}

func errReadonly() error { return exceptionf(codeReadonly, "Cannot execute query in readonly mode") }

func errDenied(name string) error {
	return exceptionf(codeAccessDenied, "analyst: Not enough privileges. The name %s cannot be used", clip(name))
}

// judge looks at an analyst's statement, token by token. It never has to
// understand a statement: what it looks for has the same form wherever it stands.
// Grants, readonly and the jail stand behind it.
type judge struct {
	lex    *lexer
	req    *request
	tokens []token
}

func (j *judge) judge(st *statement) error {
	if err := j.kindOf(st.verb); err != nil {
		return err
	}
	identifiers := j.identifierParams()
	for _, p := range j.req.params {
		if identifiers[p.name] && (secret(p.value) || source(p.value) || strings.EqualFold(p.value, "system")) {
			return errDenied(p.value)
		}
	}
	for i := range j.tokens {
		name := j.name(i)
		switch {
		case name == "":
		case secret(name), source(name) && j.is(i+1, "("):
			return errDenied(name)
		case strings.EqualFold(name, "system") && j.is(i+1, ".") && !harmlessTable(j.name(i+2)):
			return errDenied("system." + j.text(i+2))
		}
	}
	return j.settings(st)
}

// kindOf refuses the SHOWs and EXPLAINs that are no reading of the data.
func (j *judge) kindOf(verb string) error {
	switch verb {
	case "SHOW":
		i := 1
		for j.isAny(i, "FULL", "EXTENDED", "CHANGED") {
			i++
		}
		if !j.isAny(i, "TABLES", "DATABASES", "COLUMNS", "FIELDS", "INDEX", "INDEXES", "INDICES", "KEYS", "CREATE", "DICTIONARIES",
			"FUNCTIONS", "SETTINGS", "SETTING") || j.is(i, "CREATE") && j.isAny(i+1, "USER", "ROLE", "QUOTA", "SETTINGS", "PROFILE", "POLICY", "ROW", "NAMED", "MASKING") {
			return errReadonly()
		}
	case "EXPLAIN":
		i := 1
		for j.isAny(i, "AST", "SYNTAX", "QUERY", "TREE", "PLAN", "PIPELINE", "ESTIMATE", "ANALYZE") {
			i++
		}
		for j.name(i) != "" && j.is(i+1, "=") { // header = 1, actions = 1
			if i += 3; j.is(i, ",") {
				i++
			}
		}
		if !j.isAny(i, "SELECT", "WITH", "FROM", "(") {
			return errReadonly()
		}
	}
	return nil
}

// identifierParams are the parameters that become names: {x:Identifier}.
func (j *judge) identifierParams() map[string]bool {
	names := map[string]bool{}
	for i := range j.tokens {
		if j.is(i, "{") && j.is(i+2, ":") && !j.is(i+3, "String") {
			names[j.name(i+1)] = j.is(i+3, "Identifier") || names[j.name(i+1)]
		}
	}
	return names
}

// settings refuses SETTINGS clauses within the statement: there the library
// does not mind readonly. The one at the end becomes settings of the request if
// each of them is harmless; so do Grafana's.
func (j *judge) settings(st *statement) error {
	for i := range j.tokens {
		if !j.beginsSettings(i) {
			continue
		}
		taken, end := j.pairs(i + 1)
		if taken == nil {
			return exceptionf(codeReadonly, "Cannot modify '%s' setting in readonly mode", clip(j.name(i+1)))
		}
		atEnd := end == len(j.tokens) || j.is(end, "FORMAT") && end+2 == len(j.tokens)
		if !atEnd {
			return exceptionf(codeReadonly, "Cannot modify '%s' setting in readonly mode: SETTINGS may stand at the end only", clip(j.name(i+1)))
		}
		maps.Copy(j.req.settings, taken)
		text := st.text[:j.tokens[i].from]
		if end < len(j.tokens) {
			text += st.text[j.tokens[end].from:]
		}
		cut, err := finishStatement(text, st.verb)
		if err != nil {
			return err
		}
		*st = cut
		return nil
	}
	return nil
}

// beginsSettings tells whether a SETTINGS clause begins here; if not, the word
// is the name of something.
func (j *judge) beginsSettings(i int) bool {
	if i == 0 || !j.is(i, "SETTINGS") || j.name(i+1) == "" || !endsExpression(j.lex, j.tokens[i-1]) {
		return false
	}
	return i+2 >= len(j.tokens) || j.isAny(i+2, "=", ",", ")", "FORMAT")
}

// pairs reads name = value, …; nil where one of them is not harmless, or is no
// plain value.
func (j *judge) pairs(i int) (taken map[string]string, end int) {
	taken = map[string]string{}
	for {
		name := j.name(i)
		if !harmless(name) || !j.is(i+1, "=") || i+2 >= len(j.tokens) {
			return nil, i
		}
		value := j.tokens[i+2]
		switch value.kind {
		case kindNumber, kindWord:
			taken[name] = j.lex.textOf(value)
		case kindString:
			if !strings.HasPrefix(j.lex.textOf(value), "'") {
				return nil, i
			}
			taken[name] = unquote(j.lex.textOf(value))
		default:
			return nil, i
		}
		if i += 3; !j.is(i, ",") {
			return taken, i
		}
		i++
	}
}

func (j *judge) text(i int) string {
	if i < 0 || i >= len(j.tokens) {
		return ""
	}
	return j.lex.textOf(j.tokens[i])
}

func (j *judge) name(i int) string {
	if i < 0 || i >= len(j.tokens) {
		return ""
	}
	return j.lex.name(j.tokens[i])
}

func (j *judge) is(i int, word string) bool {
	return i >= 0 && i < len(j.tokens) && j.lex.is(j.tokens[i], word)
}

func (j *judge) isAny(i int, words ...string) bool {
	for _, word := range words {
		if j.is(i, word) {
			return true
		}
	}
	return false
}

// secret are the names that are refused wherever they stand. The function
// `file` needs no grant and reads any file that the process can; it can be called
// in several ways (file('x'), APPLY(file)). The library asks for no grant on the
// list of running statements, which are other people's. base58 takes hours over a
// megabyte, and nothing ends it.
func secret(name string) bool {
	switch strings.ToLower(name) {
	case "file", "processes", "processlist", "user_processes", "hascolumnintable", "catboostevaluate", "getserversetting",
		"base58encode", "base58decode", "trybase58decode", "arraylevenshteindistance", "arraylevenshteindistanceweighted", "arraysimilarity",
		"addresstoline", "addresstolinewithinlines", "addresstosymbol", "demangle", "trap", "logtrace", "reversednsquery":
		return true
	default:
		return false
	}
}

// source are the table functions that reach files, programs, other machines or
// the inside of tables; most need a grant too. They are refused as calls: such a
// column may well be there.
func source(name string) bool {
	name = strings.ToLower(name)
	for _, family := range []string{
		"url", "s3", "gcs", "oss", "cosn", "hdfs", "azureblobstorage", "deltalake", "iceberg", "hudi", "paimon", "file", "remote", "cluster",
		"mysql", "postgresql", "mongodb", "redis", "sqlite", "odbc", "jdbc", "executable", "python", "kafka", "nats", "rabbitmq", "ytsaurus",
		"arrowflight", "mergetree", "timeseries", "prometheusquery", "fuzz", "filesystem", "obfuscate", "viewexplain", "viewifpermitted",
	} {
		if name == family {
			return true
		}
		rest, ok := strings.CutPrefix(name, family)
		if !ok {
			continue
		}
		switch rest {
		case "cluster", "secure", "local", "s3", "azure", "hdfs", "allreplicas", "s3cluster", "azurecluster", "hdfscluster", "localcluster",
			"index", "parts", "projection", "analyzeindexes", "textindex", "analyzeindexesuuid", "data", "tags", "metrics", "samples", "selector",
			"range", "query", "json", "bits":
			return true
		}
	}
	switch name {
	case "merge", "loop", "dictionary", "input", "ai", "aigenerate", "joinget", "joingetornull":
		return true
	default:
		return false
	}
}

// harmlessTable are the tables of `system` that tell about the engine's language
// and about what the reader may read anyway. Drivers and tools read them.
func harmlessTable(name string) bool {
	switch strings.ToLower(name) {
	case "one", "numbers", "numbers_mt", "zeros", "zeros_mt",
		"databases", "tables", "columns", "parts", "parts_columns", "data_skipping_indices", "projections", "dictionaries", "views",
		"functions", "table_functions", "table_engines", "database_engines", "data_type_families", "formats", "keywords", "collations", "time_zones",
		"aggregate_function_combinators", "settings", "settings_changes", "merge_tree_settings", "build_options", "contributors", "licenses", "completions":
		return true
	default:
		return false
	}
}
