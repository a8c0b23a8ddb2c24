package engine

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// ServeHTTP answers pings and statements.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodOptions:
		w.Header().Set("Allow", "GET, HEAD, POST, OPTIONS")
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost && r.Method != http.MethodPut:
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
	case r.URL.Path == "/ping", r.URL.Path == "/replicas_status",
		r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead) && r.URL.Query().Get("query") == "":
		commonHead(w.Header())
		w.Header().Set("Content-Type", "text/html; charset=UTF-8")
		io.WriteString(w, "Ok.\n") //nolint:errcheck // nobody is left to tell
	case r.URL.Path == "/freeze":
		s.serveFreeze(w, r)
	case r.URL.Path != "/" && r.URL.Path != "/query":
		http.Error(w, "There is no handle "+r.URL.Path+"\n\nUse / or /ping for health checks.\n\nSend queries from your program with POST method or GET /?query=...", http.StatusNotFound)
	default:
		s.answer(w, r)
	}
}

// answer runs one statement and words its error.
func (s *server) answer(w http.ResponseWriter, r *http.Request) {
	req, err := parseRequest(r)
	if err != nil {
		bare := &request{acceptEncoding: r.Header.Get("Accept-Encoding")}
		s.finish(newOutput(w, bare), err)
		return
	}
	out := newOutput(w, req)
	if req.user == analyst {
		if err := req.confine(s.cfg.Analyst); err != nil {
			s.finish(out, err)
			return
		}
	}
	s.finish(out, s.admitted(w, r, req, out))
}

func (s *server) finish(out *output, err error) {
	if err == nil {
		return
	}
	e := asException(err)
	s.log.Debug("query failed", "query_id", out.req.queryID, "err", e)
	if err := out.fail(e, s.core.version); err != nil {
		s.log.Debug("error is not sent", "query_id", out.req.queryID, "err", err)
	}
}

// admitted is the statement of whoever may send one now.
func (s *server) admitted(w http.ResponseWriter, r *http.Request, req *request, out *output) error {
	leave, err := s.admit(w, req)
	if err != nil {
		return err
	}
	defer leave()
	return s.statement(r, req, out)
}

// statement takes a request from its body to the end of its result.
func (s *server) statement(r *http.Request, req *request, out *output) error {
	body, err := decodedBody(r, req.framesIn)
	if err != nil {
		return err
	}
	st, data, err := readStatement(req, body)
	if err != nil {
		return err
	}
	if req.arrived != nil {
		req.arrived()
	}
	if err := allowed(req, &st); err != nil {
		return err
	}
	// An upload takes as long as its client likes: it holds no slot and no session.
	var file *os.File
	if st.insert != nil {
		if file, err = dataFile(data, s.cfg.MaxMemory); err != nil {
			return err
		}
		defer file.Close()
	}
	s.used.Store(true)
	leave, err := s.enter(r.Context(), req, st)
	if err != nil {
		return err
	}
	defer leave()
	written, err := s.write(r.Context(), st)
	if err != nil {
		return err
	}
	defer written()
	ctx, done := req.bounded(r.Context())
	defer done()
	session, err := s.sessions.take(req)
	if err != nil {
		return err
	}
	defer s.sessions.release(session, req)
	if err := session.configure(req); err != nil {
		return err
	}
	job := &run{session: session, req: req, st: st, out: out}
	if file != nil {
		return job.insert(file)
	}
	if streams(st.verb) {
		defer s.killOnLeave(ctx, req.runID())()
	}
	err = job.execute(ctx)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return exceptionf(codeTimeout, "Timeout exceeded: maximum: %s", req.most()-killGrace)
	}
	return err
}

// enter waits for a slot and books the query id.
func (s *server) enter(ctx context.Context, req *request, st statement) (leave func(), err error) {
	s.mu.Lock()
	_, taken := s.running[req.runID()]
	if !taken {
		s.running[req.runID()] = struct{}{}
	}
	s.mu.Unlock()
	if taken {
		return nil, exceptionf(codeSameQueryID, "Query with id = %s is already running", req.queryID)
	}
	forget := func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.running, req.runID())
	}
	if st.verb == "KILL" || st.verb == "SYSTEM" { // they help when every slot is taken
		return forget, nil
	}
	var held []chan struct{}
	release := func() {
		for _, slots := range held {
			<-slots
		}
		forget()
	}
	for _, slots := range s.slotsOf(req) {
		select {
		case slots <- struct{}{}:
			held = append(held, slots)
		case <-ctx.Done():
			release()
			return nil, exceptionf(codeCancelled, "Query was cancelled while it waited for others to end")
		}
	}
	return release, nil
}

// slotsOf are what a statement needs one of each to run: analysts together have
// fewer than there are, so that the program always finds one.
func (s *server) slotsOf(req *request) []chan struct{} {
	if req.user == analyst {
		return []chan struct{}{s.analystSlots, s.slots}
	}
	return []chan struct{}{s.slots}
}

// killAgain is how long a killed statement has before it is killed again.
const killAgain = 500 * time.Millisecond

// killOnLeave kills the statement when the client goes away. What it returns
// ends the watch.
func (s *server) killOnLeave(ctx context.Context, queryID string) (done func()) {
	ended, finished := make(chan struct{}), make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(finished)
		first := time.Now()
		for { // a statement that is only just beginning can miss it
			if err := s.sessions.kill(queryID); err != nil {
				s.log.Warn("query is not killed", "query_id", queryID, "err", err)
			}
			select {
			case <-ended:
				return
			case <-time.After(killAgain):
			}
			if time.Since(first) > s.cfg.StuckAfter {
				select {
				case s.stuck <- queryID:
				default: // another one is told already
				}
				return
			}
		}
	})
	return func() {
		close(ended)
		if !stop() {
			select {
			case <-finished:
			case <-time.After(stopGrace):
			}
		}
	}
}
