package engine

import "os"

// HasLandlock tells whether this kernel can jail a process.
func HasLandlock() bool {
	_, err := landlockVersion()
	return err == nil
}

// Kill ends the process by SIGKILL.
func (p *Process) Kill() { p.kill() }

// Pid is the process's id.
func (p *Process) Pid() int { return p.cmd.Process.Pid }

// AskRaw opens the library itself, without the gateway, on a data directory that
// nobody else has, and asks each statement in a session of its own, in Tidemark's
// database. It never closes the library: the process ends with it.
func AskRaw(dir string, statements []string, said func(sql, text, failure string) error) error {
	path, err := FindLibrary("")
	if err != nil {
		return err
	}
	lib, err := loadLibrary(path)
	if err != nil {
		return err
	}
	if err := os.Chdir(dir); err != nil { // what it writes lies there
		return err
	}
	args := []string{"tidemark", "--path=" + dir + "/db", "--config-file=" + dir + "/config.xml"}
	if _, err := lib.open(args); err != nil {
		return err
	}
	for _, sql := range statements {
		session, err := lib.open(args)
		if err != nil {
			return err
		}
		session.query("USE "+database, "Null", nil).release()
		result := session.query(sql, "TSV", nil)
		err = said(sql, string(result.bytes()), result.err())
		result.release()
		session.close()
		if err != nil {
			return err
		}
	}
	return nil
}
