package viewer

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// biggestBody is how many bytes a question may have.
const biggestBody = 256 << 10

// guard lets to the API who may ask it. A page of another site that is open in
// the same browser may not: neither across origins, nor by a name of its own for
// this machine's loopback.
func (s *server) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case sameOrigin.Check(r) != nil, r.Method == http.MethodGet && foreignSite(r):
			writeProblem(w, r, http.StatusForbidden, "The request comes from a page of another site.")
		case overLoopback(r) && !s.knownHost(r.Host):
			writeProblem(w, r, http.StatusForbidden,
				"The name "+r.Host+" is not one of this page. If a proxy passes it on, add it to http.hosts.")
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// foreignSite tells of a GET that another site's page makes. A person who
// follows a link is none.
func foreignSite(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate"
}

func overLoopback(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr)
	return ok && local.IP.IsLoopback()
}

// knownHost tells whether a host is an address, localhost, or configured: no
// name server of somebody else can make those.
func (s *server) knownHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	if _, err := netip.ParseAddr(host); err == nil || host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	return slices.ContainsFunc(s.deps.Hosts, func(h string) bool { return strings.EqualFold(h, host) })
}

// errTooLarge is a body above biggestBody.
var errTooLarge = errors.New("the question is larger than 256 kB")

// readBody reads a question in JSON.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return badRequest{"the Content-Type is not application/json"}
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, biggestBody))
	if err := d.Decode(into); err != nil {
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return errTooLarge
		}
		return badRequest{"read question: " + err.Error()}
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badRequest{"read question: there is more than one"}
	}
	return nil
}
