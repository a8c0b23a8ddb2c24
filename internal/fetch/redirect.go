package fetch

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	default:
		return false
	}
}

// redirectTarget is where an answer sends us, if we agree to go there: to the
// web only, never from https down to http, and never from the public into the
// machine or its own network.
func redirectTarget(from *url.URL, resp *Response) (*url.URL, error) {
	location := resp.Header.Get("Location")
	if location == "" {
		return nil, &StatusError{Status: resp.Status, Host: from.Host}
	}
	to, err := from.Parse(location)
	switch {
	case err != nil:
		return nil, errors.New("follow redirect: location is not a URL")
	case !isWeb(to):
		return nil, fmt.Errorf("follow redirect: scheme %q is not http or https", to.Scheme)
	case from.Scheme == "https" && to.Scheme == "http":
		return nil, fmt.Errorf("follow redirect: from https down to http at %s", to.Host)
	case isPrivate(to) && !isPrivate(from):
		return nil, fmt.Errorf("follow redirect: from the public host %s into the private one %s", from.Host, to.Host)
	}
	to.User = nil
	return to, nil
}

func isPrivate(u *url.URL) bool {
	name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(name)
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}
