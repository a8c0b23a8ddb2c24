package engine

import (
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// The two users. Neither has a password: the gateway is on loopback only.
const (
	owner   = "default"
	analyst = "analyst"
)

// request is what an HTTP request asks for, apart from its body.
type request struct {
	user, queryID, database string
	databaseGiven           bool
	// query is the statement, or its beginning, from the URL.
	query string
	// format is the client's default_format.
	format   string
	params   []param
	settings map[string]string
	// readOnly is set for GET: a server lets it read only.
	readOnly bool

	sessionID      string
	sessionCheck   bool
	sessionTimeout time.Duration
	closeSession   bool

	// revision is the client's protocol version; 0: none.
	revision int
	// framesIn and framesOut are ClickHouse's own compressed blocks; method is
	// the kind of those that go out.
	framesIn, framesOut bool
	method              frameMethod
	acceptEncoding      string
	waitEnd             bool
	// arrived is called when the statement is read; nil: nobody waits for that.
	arrived func()
}

func parseRequest(r *http.Request) (*request, error) {
	values := r.URL.Query()
	req := &request{
		query: values.Get("query"), queryID: values.Get("query_id"), database: values.Get("database"),
		format:   values.Get("default_format"),
		settings: map[string]string{}, readOnly: r.Method == http.MethodGet || r.Method == http.MethodHead,
		sessionID: values.Get("session_id"), sessionTimeout: defaultSessionTimeout,
		acceptEncoding: r.Header.Get("Accept-Encoding"), method: frameLZ4,
	}
	if err := req.authenticate(r, values); err != nil {
		return nil, err
	}
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		return nil, exceptionf(codeNotImplemented, "External tables in a multipart request are not supported here; use a temporary table in a session")
	}
	fallback(&req.format, r.Header.Get("X-ClickHouse-Format"))
	fallback(&req.database, r.Header.Get("X-ClickHouse-Database"))
	req.databaseGiven = req.database != ""
	fallback(&req.database, database)
	fallback(&req.queryID, uuid.NewString())
	for name := range values {
		if err := req.readValue(name, values.Get(name)); err != nil {
			return nil, err
		}
	}
	sort.Slice(req.params, func(i, j int) bool { return req.params[i].name < req.params[j].name })
	if req.readOnly && req.settings["readonly"] == "" {
		req.settings["readonly"] = "2"
	}
	return req, nil
}

func fallback(value *string, other string) {
	if *value == "" {
		*value = other
	}
}

// readValue reads one parameter of the URL; what is none of the interface's own
// is a setting.
func (q *request) readValue(name, value string) (err error) {
	on := value == "1" || value == "true"
	switch name {
	case "session_check":
		q.sessionCheck = on
	case "close_session":
		q.closeSession = on
	case "session_timeout":
		q.sessionTimeout, err = parseTimeout(value)
	case "client_protocol_version":
		q.revision, _ = strconv.Atoi(value)
	case "compress":
		q.framesOut = on
	case "decompress":
		q.framesIn = on
	case "wait_end_of_query":
		q.waitEnd = on
	case "network_compression_method":
		q.method = frameMethodOf(value)
		q.settings[name] = value
	default:
		if param, ok := strings.CutPrefix(name, "param_"); ok {
			q.params = append(q.params, newParam(param, value))
		} else if !readElsewhere(name) {
			q.settings[name] = value
		}
	}
	return err
}

// readElsewhere are parameters that are no settings and are read before, or
// that mean nothing here.
func readElsewhere(name string) bool {
	switch name {
	case "query", "query_id", "database", "default_format", "session_id", "user", "password", "role",
		"quota_key", "stacktrace", "buffer_size", "add_http_cors_header", "http_write_exception_in_output_format",
		"send_progress_in_http_headers", "http_headers_progress_interval_ms", "log_comment":
		return true
	default:
		return false
	}
}

func parseTimeout(value string) (time.Duration, error) {
	seconds, err := strconv.Atoi(value)
	if most := int(maxSessionTimeout.Seconds()); err != nil || seconds < 0 || seconds > most {
		return 0, exceptionf(codeBadArguments, "Invalid session timeout '%s', maximum is %d seconds", value, most)
	}
	return time.Duration(seconds) * time.Second, nil
}

// authenticate knows two users and no passwords.
func (q *request) authenticate(r *http.Request, values url.Values) error {
	user, password, _ := r.BasicAuth()
	fallback(&user, r.Header.Get("X-ClickHouse-User"))
	fallback(&password, r.Header.Get("X-ClickHouse-Key"))
	fallback(&user, values.Get("user"))
	fallback(&password, values.Get("password"))
	fallback(&user, owner)
	if user != owner && user != analyst || password != "" {
		return exceptionf(codeAuthentication, "%s: Authentication failed: password is incorrect, or there is no user with such name", user)
	}
	q.user = user
	return nil
}
