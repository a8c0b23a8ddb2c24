package engine

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// libraryFile is the file that the npm package brings.
const libraryFile = "libchdb.so"

// npmFolder is where `make engine` installs it, relative to the repository.
const npmFolder = "deploy/engine/node_modules/@chdb/lib-linux-x64-gnu"

// FindLibrary returns the path of the engine's library: the explicit one, or
// else the first that is beside the binary, in ../lib/tidemark of it, or
// installed by `make engine` in a folder above the binary or above the working
// directory.
func FindLibrary(explicit string) (string, error) {
	if explicit != "" {
		if err := checkLibrary(explicit); err != nil {
			return "", err
		}
		return explicit, nil
	}
	for _, path := range libraryPlaces() {
		if _, err := os.Stat(path); err == nil {
			if err := checkLibrary(path); err != nil {
				return "", err
			}
			return path, nil
		}
	}
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "", fmt.Errorf("find engine library: it exists for Linux x86-64 with glibc only, this is %s/%s; use a ClickHouse server (clickhouse.dsn)", runtime.GOOS, runtime.GOARCH)
	}
	return "", errors.New("find engine library: no " + libraryFile + " found; run `make engine` in the repository, or set engine.library (Linux x86-64 with glibc only)")
}

func libraryPlaces() []string {
	var places []string
	var starts []string
	if exe, err := os.Executable(); err == nil {
		if target, err := filepath.EvalSymlinks(exe); err == nil {
			exe = target
		}
		dir := filepath.Dir(exe)
		places = append(places,
			filepath.Join(dir, libraryFile),
			filepath.Join(dir, "..", "lib", "tidemark", libraryFile))
		starts = append(starts, dir)
	}
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	for _, dir := range starts {
		for {
			places = append(places, filepath.Join(dir, npmFolder, libraryFile))
			parent := filepath.Dir(dir)
			if parent == dir {
				break
			}
			dir = parent
		}
	}
	return places
}

// checkLibrary refuses what the loader would choke on: a library cut off in
// the middle (a broken download) is a SIGBUS and no error when it is loaded.
func checkLibrary(path string) error {
	if err := checkELF(path); err != nil {
		return fmt.Errorf("read engine library %s: %w; run `make engine` again (Linux x86-64 with glibc only)", path, err)
	}
	return nil
}

func checkELF(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return errors.Unwrap(err)
	}
	file, err := elf.Open(path)
	if err != nil {
		return fmt.Errorf("not a whole library: %w", err)
	}
	defer file.Close()
	if file.Machine != elf.EM_X86_64 || file.Type != elf.ET_DYN {
		return fmt.Errorf("a %s %s, not a shared library for x86-64", file.Machine, file.Type)
	}
	for _, part := range file.Progs {
		if end := part.Off + part.Filesz; end > uint64(info.Size()) {
			return fmt.Errorf("not a whole library: %d of at least %d bytes", info.Size(), end)
		}
	}
	return nil
}
