package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// session is one connection to the engine with the settings of one client.
type session struct {
	conn *connection
	// user and id are of a kept session only.
	user, id string
	busy     bool
	// fresh is set until the first statement.
	fresh bool
	// covered are the session's own values of settings that the request covers.
	covered map[string]string
	timeout time.Duration
	expires time.Time
}

// exec runs a statement that has no result.
func (s *session) exec(sql string) error {
	r := s.conn.query(sql, "Null", nil)
	defer r.release()
	return engineError(r.err())
}

// configure applies what a request asks for. On a fresh session the order
// matters, as the last setting may be readonly. On a kept one the settings are
// of this request only, and restored behind it.
func (s *session) configure(req *request) error {
	if req.user == analyst {
		if err := s.exec("SET ROLE NONE"); err != nil {
			return err
		}
	}
	if s.fresh || req.databaseGiven {
		if err := s.exec("USE " + quoteName(req.database)); err != nil {
			return err
		}
	}
	if s.id != "" {
		if err := s.remember(req.settings); err != nil {
			return err
		}
	}
	if err := s.set(req.settings, req.runID()); err != nil {
		return err
	}
	// On a kept session readonly could never be lifted; the gateway's own check
	// of the statement stands alone there.
	if readonly := req.settings["readonly"]; readonly != "" && s.id == "" {
		return s.exec("SET readonly = " + quoteText(readonly))
	}
	return nil
}

// remember keeps the values that settings will cover.
func (s *session) remember(settings map[string]string) error {
	names := make([]string, 0, len(settings))
	for name := range settings {
		names = append(names, quoteText(name))
	}
	s.covered = nil
	if len(names) == 0 {
		return nil
	}
	r := s.conn.query("SELECT name, value FROM system.settings WHERE name IN ("+strings.Join(names, ", ")+")", "JSONCompactEachRow", nil)
	defer r.release()
	if err := engineError(r.err()); err != nil {
		return err
	}
	s.covered = map[string]string{}
	for line := range bytes.Lines(r.bytes()) {
		var pair [2]string
		if err := json.Unmarshal(line, &pair); err != nil {
			return fmt.Errorf("read settings of session: %w", err)
		}
		s.covered[pair[0]] = pair[1]
	}
	return nil
}

// set applies settings, and the comment by which the statement can be killed.
func (s *session) set(settings map[string]string, queryID string) error {
	sets := make([]string, 0, len(settings)+1)
	for name, value := range settings {
		if name != "readonly" {
			sets = append(sets, quoteName(name)+" = "+quoteText(value))
		}
	}
	slices.Sort(sets)
	sets = append(sets, "log_comment = "+quoteText(queryID))
	return s.exec("SET " + strings.Join(sets, ", "))
}

// sessions hands out connections: a fresh one for each request, so that no
// setting of one reaches another, and kept ones for those who name a session.
type sessions struct {
	core *core
	mu   sync.Mutex
	kept map[string]*session
	now  func() time.Time
}

const (
	defaultSessionTimeout = 60 * time.Second
	maxSessionTimeout     = time.Hour
	maxKeptSessions       = 100
)

// take returns a session for the request; release gives it back.
func (p *sessions) take(req *request) (*session, error) {
	if req.sessionID == "" {
		conn, err := p.core.lib.open(p.core.args)
		if err != nil {
			return nil, err
		}
		return &session{conn: conn, fresh: true}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := req.user + "\x00" + req.sessionID
	if s, ok := p.kept[key]; ok {
		if s.busy {
			return nil, exceptionf(codeSessionLocked, "Session %s is locked by a concurrent client", req.sessionID)
		}
		s.busy, s.timeout = true, req.sessionTimeout
		return s, nil
	}
	if req.sessionCheck {
		return nil, exceptionf(codeSessionNotFound, "Session %s not found", req.sessionID)
	}
	if len(p.kept) >= maxKeptSessions {
		return nil, exceptionf(codeTooManyQueries, "Too many open sessions, %d at most", maxKeptSessions)
	}
	conn, err := p.core.lib.open(p.core.args)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, user: req.user, id: req.sessionID, busy: true, fresh: true, timeout: req.sessionTimeout}
	p.kept[key] = s
	return s, nil
}

func (p *sessions) release(s *session, req *request) {
	if s.id == "" {
		s.conn.close()
		return
	}
	err := s.set(s.covered, "")
	p.mu.Lock()
	defer p.mu.Unlock()
	if req.closeSession || err != nil {
		delete(p.kept, s.user+"\x00"+s.id)
		s.conn.close()
		return
	}
	s.busy, s.fresh, s.expires = false, false, p.now().Add(s.timeout)
}

// reap closes the kept sessions whose time is over; all of them at the end.
func (p *sessions) reap(all bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for key, s := range p.kept {
		if !s.busy && (all || p.now().After(s.expires)) {
			s.conn.close()
			delete(p.kept, key)
		}
	}
}

// kill ends the statement that runs under a query id, from another connection:
// the running one is deaf until its next part is ready.
func (p *sessions) kill(queryID string) error {
	conn, err := p.core.lib.open(p.core.args)
	if err != nil {
		return err
	}
	defer conn.close()
	r := conn.query("KILL QUERY WHERE Settings['log_comment'] = "+quoteText(queryID)+" ASYNC", "Null", nil)
	defer r.release()
	if err := engineError(r.err()); err != nil {
		return fmt.Errorf("kill query: %w", err)
	}
	return nil
}

func quoteName(name string) string {
	return "`" + strings.NewReplacer(`\`, `\\`, "`", "\\`").Replace(name) + "`"
}

func quoteText(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`, "\n", `\n`).Replace(text) + "'"
}
